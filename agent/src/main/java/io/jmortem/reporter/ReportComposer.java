// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hserr.HsErrDetails;
import io.jmortem.hserr.HsErrFile;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.ContainerId;
import io.jmortem.proc.MemoryMap;
import io.jmortem.proc.Numbers;
import io.jmortem.proc.ProcessFiles;
import io.jmortem.proc.SignalNames;
import io.jmortem.proc.UndecodedBytes;
import io.jmortem.redact.Redactor;
import io.jmortem.report.Report;
import io.jmortem.report.Report.ThreadInfo;
import io.jmortem.snapshot.ThreadSnapshot;
import io.jmortem.verdict.ExitStatus;
import io.jmortem.verdict.Faults;
import io.jmortem.verdict.Senders;
import io.jmortem.verdict.Verdict;
import io.jmortem.verdict.VerdictEngine;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** Puts a report together from the evidence and HotSpot's log. */
final class ReportComposer {

  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long REQUEST_SHOWS_NANOS = 300_000 * NANOS_PER_MILLI;

  /** Nobody reads more. */
  private static final int MAX_SOFT_ERRORS = 500;

  private final String id;
  private final Evidence evidence;
  private final Optional<LocatedLog> log;
  private final Optional<HsErrLog> hsErr;
  private final Redactor redactor;
  private final Verdict verdict;
  private final Optional<ThreadSnapshot> snapshot;
  private final Optional<Event.Stacks> stacks; // of the death, or of when it was asked to end
  private final ProcessFacts process;
  private final long deathUnixNano;

  /**
   * A log of HotSpot's.
   *
   * @param copy its name in the report's directory
   */
  record LocatedLog(HsErrFile file, String copy) {

    HsErrLog log() {
      return file.log();
    }
  }

  /**
   * @param id of the report
   * @param files the process's
   */
  ReportComposer(
      String id,
      Evidence evidence,
      Optional<LocatedLog> log,
      ProcessFiles files,
      Redactor redactor) {
    this.id = id;
    this.evidence = evidence;
    this.log = log;
    this.hsErr = log.map(LocatedLog::log);
    this.redactor = redactor;
    this.verdict = VerdictEngine.decide(evidence, hsErr);
    this.snapshot =
        evidence
            .last(Event.Snapshot.class)
            .map(Event.Snapshot::text)
            .flatMap(ThreadSnapshot::parse);
    this.stacks =
        evidence.stacksOfDeath().or(() -> evidence.stacksOfRequest().filter(this::isRecent));
    learnSecrets();
    this.process = new ProcessFacts(evidence, redactor, files);
    this.deathUnixNano =
        verdict
            .fault()
            .map(Event.Fault::timeUnixNano)
            .or(() -> verdict.cause().map(Event::timeUnixNano))
            .or(() -> evidence.last(Event.Exit.class).map(Event::timeUnixNano))
            .or(() -> evidence.last(Event.class).map(Event::timeUnixNano))
            .orElse(0L);
  }

  /** What is a secret in a command line is one in every text, whoever's it is. */
  private void learnSecrets() {
    redactor.learn(evidence.option("vm-options").lines().toList());
    evidence
        .all(Event.SignalSent.class)
        .map(Event.SignalSent::commandLine)
        .filter(Objects::nonNull)
        .distinct()
        .forEach(command -> redactor.learn(List.of(command.split("\0", -1))));
  }

  /** A request of long ago tells less of the end than the last snapshot. */
  private boolean isRecent(Event.Stacks found) {
    long end = evidence.last(Event.class).map(Event::timeUnixNano).orElse(0L);
    return end - found.timeUnixNano() < REQUEST_SHOWS_NANOS;
  }

  private WalkedThreads walked(Event.Stacks found, Optional<HsErrLog> log) {
    return new WalkedThreads(found.dump(), log, process.memoryMap());
  }

  /** The report, redacted as a whole: nothing else is to be shown of it. */
  Report compose() {
    return ReportRedactor.redact(composed(), redactor);
  }

  private Report composed() {
    int crashedId = verdict.threadId().orElse(0);
    Optional<WalkedThreads> walked = stacks.map(found -> walked(found, hsErr));
    ThreadComposer composer = new ThreadComposer(evidence, hsErr, snapshot, crashedId);
    List<ThreadInfo> threads =
        walked
            .map(found -> composer.complete(found.threads(), isKilled()))
            .orElseGet(composer::compose);
    Optional<ThreadInfo> crashed = threads.stream().filter(ThreadInfo::crashed).findFirst();
    Optional<Report.SigInfo> sigInfo = sigInfo();
    Signature signature =
        Signature.of(
            verdict,
            sigInfo.map(Report.SigInfo::signoHumanReadable),
            crashed,
            JvmName.of(ProcessFacts.commandLine(evidence)),
            hasStack());
    return new Report(
        Report.SCHEMA_VERSION,
        UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8)).toString(),
        Instant.ofEpochSecond(0, deathUnixNano).toString(),
        new Report.Diagnosis(
            verdict.category(),
            verdict.summary(),
            verdict.confidence(),
            verdict.reasons(),
            verdict.hint(),
            verdict.phase().orElse(null)),
        termination(),
        sigInfo.orElse(null),
        sender(),
        signature.text(),
        signature.fingerprint().orElse(null),
        capture(),
        threads,
        ThreadComposer.groups(threads),
        walked.map(WalkedThreads::deadlocks).orElse(null),
        earlierThreads(),
        ucontext(),
        process.modules(),
        counters(),
        Timeline.of(evidence, deathUnixNano),
        process.jvm(hsErr),
        process.resource(id),
        process.cgroup(),
        hsErr(),
        tags(),
        new Report.Redaction(redactor.isOn(), redactor.count()),
        softErrors());
  }

  /** Whether nothing is missing above what is shown of the crashed thread's stack. */
  private boolean hasStack() {
    boolean isOfFault =
        stacks.map(found -> Event.Moments.FAULT.equals(found.moment())).orElse(false);
    return isOfFault || hsErr.map(HsErrLog::hasStack).orElse(true);
  }

  /** From outside: then no thread of its own is to blame, whichever the signal found. */
  private boolean isKilled() {
    return verdict.threadId().isEmpty()
        && (verdict.category() == Report.Category.KILLED
            || verdict.category() == Report.Category.OOM_KILLED);
  }

  // ---- how it died

  private Report.Termination termination() {
    Report.FirstCause first =
        verdict
            .cause()
            .map(
                cause ->
                    new Report.FirstCause(
                        cause.id(),
                        Timeline.name(cause),
                        Long.toString(cause.timeUnixNano()),
                        verdict.threadId().orElse(null)))
            .orElse(null);
    Report.FinalStatus last =
        evidence
            .status()
            .map(ExitStatus::of)
            .map(
                status ->
                    status.signo() == 0
                        ? new Report.FinalStatus(status.code(), null, null)
                        : new Report.FinalStatus(
                            null, SignalNames.signal(status.signo()), status.coreDumped()))
            .orElse(null);
    return new Report.Termination(first, last, verdict.exitedBy().orElse(null));
  }

  /** What it was doing when it was asked to end, if the threads that are shown are later ones. */
  private Report.EarlierThreads earlierThreads() {
    return evidence
        .stacksOfRequest()
        .filter(found -> stacks.isPresent() && !stacks.get().id().equals(found.id()))
        .map(
            found -> {
              List<ThreadInfo> threads = walked(found, Optional.empty()).threads();
              return new Report.EarlierThreads(
                  found.moment(),
                  Long.toString(found.timeUnixNano()),
                  (stacks.get().timeUnixNano() - found.timeUnixNano()) / NANOS_PER_MILLI,
                  threads,
                  ThreadComposer.groups(threads));
            })
        .orElse(null);
  }

  private Optional<Report.SigInfo> sigInfo() {
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

  /** HotSpot's log of the signal, where nobody else has seen that. */
  private Optional<HsErrLog> loggedCrash() {
    boolean isLogged =
        switch (verdict.category()) {
          case VM_CRASH -> true;
          // those that end a process have no log
          case KILLED, FATAL_SIGNAL -> verdict.cause().isEmpty() && verdict.sender().isEmpty();
          default -> false;
        };
    return hsErr.filter(log -> isLogged && verdict.fault().isEmpty() && log.signo() > 0);
  }

  private static Report.SigInfo sigInfo(int signo, Integer code, String address) {
    return new Report.SigInfo(
        signo,
        SignalNames.signal(signo),
        code,
        code == null ? null : SignalNames.code(signo, code),
        code != null && code > 0 && SignalNames.FAULTS.contains(signo) ? address : null,
        null);
  }

  private Report.Sender sender() {
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
    return new Report.Sender(
        true,
        ids == null ? null : (Integer) (ids.tgid() != 0 ? ids.tgid() : ids.kernelTgid()),
        ids == null ? null : (Integer) (ids.tid() != 0 ? ids.tid() : ids.kernelTid()),
        ids == null ? null : (Integer) ids.vtgid(),
        sent.uid(),
        ids == null ? null : ids.comm(),
        sent.executable(),
        command,
        cgroup,
        ContainerId.find(cgroup, "").orElse(null),
        sent.pidNamespace() == 0 ? null : (Long) sent.pidNamespace(),
        Senders.how(sent),
        sent.ancestry() == null
            ? List.of()
            : sent.ancestry().stream()
                .map(
                    each ->
                        new Report.Ancestor(
                            each.tgid() != 0 ? each.tgid() : each.kernelTgid(), each.comm()))
                .toList());
  }

  private Report.Ucontext ucontext() {
    Optional<Map<String, String>> registers =
        verdict
            .fault()
            .map(Event.Fault::registers)
            .or(() -> verdict.cause().map(ReportComposer::registersOf))
            .or(() -> loggedCrash().map(ReportComposer::registersOf));
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
                    .flatMap(address -> process.memoryMap().find(address).stream())
                    .forEach(mapping -> mappings.put(name, describe(mapping))));
    return new Report.Ucontext("x86_64", registers.get(), mappings);
  }

  /** By the names that the kernel's have in the evidence; null if there are none. */
  private static Map<String, String> registersOf(HsErrLog log) {
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

  private static Map<String, String> registersOf(Event event) {
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

  // ---- how much is known

  private Report.Capture capture() {
    Optional<Event.Armed> armed = evidence.first(Event.Armed.class);
    return new Report.Capture(
        level(),
        moment(),
        age(),
        heldMillis(Event.Moments.FAULT),
        evidence
            .first(Event.Frozen.class, frozen -> Event.Moments.FAULT.equals(frozen.moment()))
            .map(Event.Frozen::by)
            .orElse(null),
        heldMillis(Event.Moments.EXIT),
        evidence.last(Event.Counters.class).map(Event.Counters::lost).orElse(null),
        armed.map(Event.Armed::probes).orElse(null),
        new MissingParts(evidence, verdict, hsErr, snapshot, stacks).find());
  }

  private String moment() {
    boolean isEarlier =
        stacks.map(found -> Event.Moments.REQUEST.equals(found.moment())).orElse(false);
    if (isEarlier || (stacks.isEmpty() && snapshot.isPresent())) {
      return "before";
    }
    return stacks.map(Event.Stacks::moment).orElse(null);
  }

  /** Of the stacks at the death, where they are from before it. */
  private Long age() {
    if (!"before".equals(moment())) {
      return null;
    }
    long end = evidence.last(Event.Exit.class).map(Event::timeUnixNano).orElse(deathUnixNano);
    long age =
        stacks
            .map(found -> (end - found.timeUnixNano()) / NANOS_PER_MILLI)
            .or(
                () ->
                    snapshot.map(
                        taken -> deathUnixNano / NANOS_PER_MILLI - taken.takenEpochMillis()))
            .orElse(-1L);
    return age < 0 ? null : age;
  }

  private Double heldMillis(String moment) {
    return evidence
        .all(Event.Released.class)
        .filter(released -> moment.equals(released.moment()))
        .reduce((older, newer) -> newer)
        .map(released -> released.heldNanos() / (double) NANOS_PER_MILLI)
        .orElse(null);
  }

  /** By what was seen: armed for the whole, it may still have been unable to read the stacks. */
  private String level() {
    if (evidence.hasKernelEvidence()) {
      return stacks.isPresent() ? "full" : "kernel";
    }
    return stacks.isPresent() ? "memory" : "agent";
  }

  private Report.Counters counters() {
    return evidence
        .last(Event.Counters.class)
        .map(
            counters -> {
              Map<String, Long> byName = new TreeMap<>();
              for (Event.Count count :
                  counters.benign() == null ? List.<Event.Count>of() : counters.benign()) {
                // the kernel ends each of a dying group's threads with one: no fault at all
                if (count.signo() != 9) {
                  byName.merge(
                      SignalNames.signal(count.signo())
                          + " "
                          + SignalNames.code(count.signo(), count.code()),
                      count.count(),
                      Long::sum);
                }
              }
              return new Report.Counters(byName, counters.lost());
            })
        .orElse(null);
  }

  private List<String> softErrors() {
    List<String> errors = new ArrayList<>(evidence.problems());
    evidence.all(Event.Problem.class).map(Event.Problem::what).forEach(errors::add);
    evidence
        .all(Event.Stacks.class)
        .map(Event.Stacks::dump)
        .filter(Objects::nonNull)
        .map(StackDump::softErrors)
        .forEach(errors::addAll);
    hsErr.ifPresent(found -> errors.addAll(found.errors()));
    log.map(LocatedLog::file)
        .filter(HsErrFile::isTruncated)
        .ifPresent(
            file -> errors.add("hs_err: only the first " + file.size() + " bytes were read"));
    evidence
        .all(Event.ProcFile.class)
        .filter(Event.ProcFile::truncated)
        .forEach(file -> errors.add("/proc/PID/" + file.name() + ": too long, cut off"));
    if (errors.size() > MAX_SOFT_ERRORS) {
      int more = errors.size() - MAX_SOFT_ERRORS;
      errors.subList(MAX_SOFT_ERRORS, errors.size()).clear();
      errors.add(more + " more");
    }
    return errors;
  }

  // ---- the rest

  private Report.HsErr hsErr() {
    return log.map(
            located -> {
              HsErrLog parsed = located.log();
              Map<String, Object> digest = new LinkedHashMap<>();
              put(digest, "headline", parsed.headline());
              put(digest, "message", parsed.message());
              put(digest, "problematic_frame", parsed.problematicFrame());
              put(digest, "siginfo", parsed.siginfo());
              put(digest, "compile_task", parsed.currentCompileTask());
              put(digest, "jre_version", parsed.jreVersion());
              put(digest, "threads", parsed.threads().size());
              putDetails(digest, parsed.details());
              parsed.vmArguments().forEach((key, value) -> put(digest, key, value));
              return new Report.HsErr(
                  UndecodedBytes.shown(located.file().named()),
                  located.copy(),
                  parsed.complete(),
                  digest);
            })
        .orElse(null);
  }

  private static void putDetails(Map<String, Object> digest, HsErrDetails details) {
    put(digest, "access_error", details.accessError());
    put(digest, "free_stack", details.freeStack());
    put(digest, "vm_operation", details.vmOperation());
    put(digest, "vm_state", details.vmState());
    put(digest, "owned_mutexes", details.ownedMutexes());
    put(digest, "signal_handlers", details.signalHandlers());
    put(digest, "internal_exceptions", details.internalExceptions());
    put(digest, "deoptimizations", details.deoptimizations());
    put(digest, "collections", details.collections());
    put(digest, "register_mappings", details.registerMappings());
    put(digest, "container", details.container());
    put(digest, "native_memory", details.nativeMemory());
  }

  private static void put(Map<String, Object> to, String key, Object value) {
    boolean isEmpty =
        value == null
            || (value instanceof Collection<?> list && list.isEmpty())
            || (value instanceof Map<?, ?> map && map.isEmpty());
    if (!isEmpty) {
      to.put(key, value);
    }
  }

  private Map<String, String> tags() {
    Map<String, String> tags = new LinkedHashMap<>();
    for (String pair : evidence.reportOption("tags").split(";", -1)) {
      int colon = pair.indexOf(':');
      if (colon > 0) {
        tags.put(pair.substring(0, colon).strip(), pair.substring(colon + 1).strip());
      }
    }
    return tags;
  }
}
