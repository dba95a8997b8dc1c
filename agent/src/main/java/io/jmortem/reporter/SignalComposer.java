// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.ContainerId;
import io.jmortem.proc.MemoryMap;
import io.jmortem.proc.Numbers;
import io.jmortem.proc.SignalNames;
import io.jmortem.redact.Redactor;
import io.jmortem.report.Report;
import io.jmortem.report.SenderBuilder;
import io.jmortem.verdict.Faults;
import io.jmortem.verdict.Senders;
import io.jmortem.verdict.Verdict;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Composes the signal of the verdict: its siginfo, its sender, and the registers at that moment.
 * They come from the evidence, or from HotSpot's log if the evidence does not have them.
 */
final class SignalComposer {

  private final Verdict verdict;
  private final Optional<HsErrLog> hsErr;
  private final MemoryMap memoryMap;
  private final Redactor redactor;

  SignalComposer(
      Verdict verdict, Optional<HsErrLog> hsErr, MemoryMap memoryMap, Redactor redactor) {
    this.verdict = verdict;
    this.hsErr = hsErr;
    this.memoryMap = memoryMap;
    this.redactor = redactor;
  }

  Optional<Report.SigInfo> sigInfo() {
    if (verdict.fault().isPresent()) {
      Event.Fault fault = verdict.fault().get();
      return Optional.of(
          new Report.SigInfo(
              fault.signo(),
              SignalNames.signal(fault.signo()),
              fault.code(),
              SignalNames.code(fault.signo(), fault.code()),
              Faults.hasAddress(fault) ? fault.address() : null,
              Faults.access(fault).orElse(null)));
    }
    if (verdict.cause().orElse(null) instanceof Event.FatalSignal signal) {
      return Optional.of(sigInfo(signal.signo(), signal.code(), signal.address()));
    }
    return verdict
        .sender()
        .map(sent -> sigInfo(sent.signo(), sent.code(), null))
        .or(
            () ->
                loggedCrash()
                    .map(log -> sigInfo(log.signo(), log.signalCode(), log.faultAddress())));
  }

  Report.@Nullable Sender sender() {
    if (verdict.sender().map(Event.SignalSent::byKernel).orElse(true)) {
      boolean byCpu =
          verdict.fault().map(Event.Fault::code).orElse(0) > 0
              || (verdict.cause().orElse(null) instanceof Event.FatalSignal signal
                  && signal.code() != null
                  && signal.code() > 0)
              || loggedCrash().map(HsErrLog::signalCode).filter(code -> code > 0).isPresent();
      boolean nobody = verdict.sender().isPresent() || byCpu;
      return nobody ? Report.Sender.NOBODY : null;
    }
    Event.SignalSent sent = verdict.sender().get();
    Event.ThreadIds ids = sent.thread();
    String command =
        sent.commandLine() == null
            ? null
            : String.join(" ", redactor.arguments(List.of(sent.commandLine().split("\0", -1))))
                .strip();
    String cgroup = sent.cgroup() == null ? "" : sent.cgroup();
    SenderBuilder sender = Report.Sender.builder();
    if (ids.hasNumbers()) {
      sender
          .pid(Senders.pid(ids))
          .tid(ids.tid() != 0 ? ids.tid() : ids.kernelTid())
          .vpid(ids.vtgid())
          .comm(ids.comm());
    }
    return sender
        .hasSender(true)
        .userId(sent.uid())
        .executable(sent.executable())
        .commandLine(command)
        .cgroup(cgroup)
        .containerId(ContainerId.find(cgroup, "").orElse(null))
        .pidNamespace(sent.pidNamespace() == 0 ? null : (Long) sent.pidNamespace())
        .how(Senders.how(sent))
        .ancestry(
            sent.ancestry() == null
                ? List.of()
                : sent.ancestry().stream()
                    .map(
                        each ->
                            new Report.Ancestor(
                                each.tgid() != 0 ? each.tgid() : each.kernelTgid(), each.comm()))
                    .toList())
        .build();
  }

  Report.@Nullable Ucontext ucontext() {
    Optional<Map<String, String>> registers =
        verdict
            .fault()
            .map(Event.Fault::registers)
            .or(() -> verdict.cause().map(SignalComposer::registersOf))
            .or(() -> loggedCrash().map(SignalComposer::registersOf));
    if (registers.isEmpty()) {
      return null;
    }
    Map<String, String> mappings = new LinkedHashMap<>();
    registers
        .get()
        .forEach(
            (name, value) ->
                Numbers.address(value).stream()
                    .boxed()
                    .flatMap(address -> memoryMap.find(address).stream())
                    .forEach(mapping -> mappings.put(name, describe(mapping))));
    return new Report.Ucontext("x86_64", registers.get(), mappings);
  }

  /** HotSpot's log, if only it has the signal. */
  private Optional<HsErrLog> loggedCrash() {
    boolean isLogged =
        switch (verdict.category()) {
          case VM_CRASH -> true;
          // signals that end the process at once leave no log
          case KILLED, FATAL_SIGNAL -> verdict.cause().isEmpty() && verdict.sender().isEmpty();
          default -> false;
        };
    return hsErr.filter(log -> isLogged && verdict.fault().isEmpty() && log.signo() > 0);
  }

  private static Report.SigInfo sigInfo(
      int signo, @Nullable Integer code, @Nullable String address) {
    return new Report.SigInfo(
        signo,
        SignalNames.signal(signo),
        code,
        code == null ? null : SignalNames.code(signo, code),
        code != null && code > 0 && SignalNames.FAULTS.contains(signo) ? address : null,
        null);
  }

  /** The registers, by the names that the evidence uses; null if there are none. */
  private static @Nullable Map<String, String> registersOf(HsErrLog log) {
    Map<String, String> registers = new LinkedHashMap<>();
    log.registers()
        .forEach(
            (name, value) ->
                Numbers.address(value)
                    .ifPresent(
                        number ->
                            registers.put(
                                name.toLowerCase(Locale.ROOT), "0x" + Long.toHexString(number))));
    return registers.isEmpty() ? null : registers;
  }

  private static @Nullable Map<String, String> registersOf(Event event) {
    if (event instanceof Event.Abort abort) {
      return abort.registers();
    } else if (event instanceof Event.ExitCalled called) {
      return called.registers();
    }
    return event instanceof Event.FatalSignal signal ? signal.registers() : null;
  }

  private static String describe(MemoryMap.Mapping mapping) {
    String name = mapping.path().isEmpty() ? "anonymous" : mapping.path();
    return name + " " + mapping.permissions();
  }
}
