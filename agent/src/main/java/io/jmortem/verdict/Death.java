// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.MemoryMap;
import io.jmortem.proc.Numbers;
import io.jmortem.proc.StatusFile;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** What all rules ask about a death. */
final class Death {

  static final String VM_THREAD = "VM Thread";

  /**
   * Threads of HotSpot's that DestroyJavaVM leaves where they are, by their names in the kernel.
   */
  private static final Set<String> OUTLIVE_THE_VM =
      Set.of("Signal Dispatch", "Service Thread", "Reference Handl", "Finalizer");

  static final int SIGABRT = 6;
  static final int SIGKILL = 9;
  static final int SIGTERM = 15;

  /** 15 minutes: a request to end that is older is not what the end was for. */
  private static final long REQUEST_COUNTS_NANOS = 900_000_000_000L;

  final Evidence evidence;
  final Optional<HsErrLog> hsErr;
  final Optional<ExitStatus> status;
  private final String statusId;
  private final MemoryMap map;

  Death(Evidence evidence, Optional<HsErrLog> hsErr) {
    this.evidence = evidence;
    this.hsErr = hsErr;
    this.status = evidence.status().map(ExitStatus::of);
    this.statusId =
        evidence
            .last(Event.Exit.class)
            .map(Event::id)
            .or(() -> evidence.last(Event.Exiting.class).map(Event::id))
            .map(id -> " [" + id + "]")
            .orElse("");
    this.map = MemoryMap.parse(evidence.procFile("maps").orElse(""));
  }

  /**
   * By abort(): a SIGABRT, or status 127 of the first process of a pid namespace, which no signal
   * of its own ends.
   */
  boolean endedByAbort() {
    return endedBy(SIGABRT)
        || (isFirstOfItsNamespace() && status.map(end -> end.code() == 127).orElse(false));
  }

  boolean isFirstOfItsNamespace() {
    return vpid() == 1;
  }

  /** The pid by which the process knows itself, or 0. */
  long vpid() {
    return StatusFile.parse(evidence.procFile("status").orElse("")).lastNumber("NStgid").orElse(0L);
  }

  /** HotSpot has reported an abort(), which is what came first. */
  boolean isAfterAbort() {
    return evidence.first(Event.Abort.class, Event.Abort::first).isPresent()
        && evidence.first(Event.FatalError.class).isPresent();
  }

  boolean endedBy(int signo) {
    return status.map(end -> end.signo() == signo).orElse(false);
  }

  /** The event that tells the status, in brackets, behind a space; empty if it was not seen. */
  String statusId() {
    return statusId;
  }

  boolean hasProbe(String probe) {
    return evidence
        .first(Event.Armed.class)
        .map(Event.Armed::probes)
        .map(probes -> probes.get(probe))
        .map(kind -> !kind.equals("none"))
        .orElse(false);
  }

  /** The last one of its kind: what came before did not end the process. */
  Optional<Event.SignalSent> sent(int signo) {
    return evidence
        .all(Event.SignalSent.class)
        .filter(sent -> sent.signo() == signo)
        .reduce((older, newer) -> newer);
  }

  /** The SIGTERM that came before a SIGKILL, if that may have been for want of an answer. */
  Optional<Event.SignalSent> requestBefore(Event.SignalSent kill) {
    return evidence
        .all(Event.SignalSent.class)
        .filter(sent -> sent.signo() == SIGTERM && isFromOther(sent))
        .filter(sent -> sent.timeUnixNano() <= kill.timeUnixNano())
        .filter(sent -> kill.timeUnixNano() - sent.timeUnixNano() < REQUEST_COUNTS_NANOS)
        .reduce((older, newer) -> newer);
  }

  /** Sent by another process, not by the kernel, nor by the process to itself. */
  boolean isFromOther(Event.SignalSent sent) {
    return !sent.byKernel() && !isOwn(sent);
  }

  boolean isOwn(Event.SignalSent sent) {
    return !sent.byKernel() && sent.thread() != null && isOwn(sent.thread());
  }

  /** The process's numbers: as the helper sees it, and as the kernel counts. */
  Set<String> pids() {
    Set<String> pids = new HashSet<>();
    evidence.first(Event.Armed.class).ifPresent(armed -> pids.add("" + armed.pid()));
    evidence
        .last(Event.Exit.class)
        .map(Event.Exit::thread)
        .ifPresent(thread -> pids.add("" + thread.kernelTgid()));
    return pids;
  }

  /** A thread of the process itself. */
  boolean isOwn(Event.ThreadIds thread) {
    return evidence
        .first(Event.Armed.class)
        .map(armed -> thread.tgid() == armed.pid())
        .orElse(false);
  }

  /** The sender, as a summary names it: the process's parent is called so. */
  String sender(Event.SignalSent sent) {
    return (isParent(sent) ? "its parent " : "") + Senders.name(sent);
  }

  /** Whether it is the process that has started this one, as far as that still lives. */
  boolean isParent(Event.SignalSent sent) {
    OptionalLong parent = StatusFile.parse(evidence.procFile("status").orElse("")).number("PPid");
    return !sent.byKernel()
        && !sent.exiting()
        && sent.thread() != null
        && sent.thread().tgid() > 1
        && parent.isPresent()
        && parent.getAsLong() == sent.thread().tgid();
  }

  /** Whether the process is one of the sender's ancestors. */
  boolean isDescendant(Event.SignalSent sent) {
    int pid = evidence.first(Event.Armed.class).map(Event.Armed::pid).orElse(0);
    return sent.ancestry() != null
        && sent.ancestry().stream().anyMatch(each -> each.tgid() != 0 && each.tgid() == pid);
  }

  /** The file that an address of code lies in, without its directories; empty if none is known. */
  String library(String address) {
    OptionalLong number = Numbers.address(address);
    String path =
        number.isPresent()
            ? map.find(number.getAsLong()).map(MemoryMap.Mapping::path).orElse("")
            : "";
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** The path of the file that is mapped at an address; empty if none is. */
  Optional<MemoryMap.Mapping> mapping(String address) {
    OptionalLong number = Numbers.address(address);
    return number.isPresent() ? map.find(number.getAsLong()) : Optional.empty();
  }

  /** The file's name of the program that the process runs; empty if it is not known. */
  String program() {
    String path = evidence.procFile("exe").orElse("");
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** What the walk of the death has of a thread; of a virtual one and its carrier, who crashed. */
  Optional<StackDump.ThreadDump> threadDump(int vtid) {
    return dumpedThreads()
        .filter(thread -> thread.nativeId() != null && thread.nativeId() == vtid)
        .min(Comparator.comparing(thread -> !thread.crashed()));
  }

  /** What was searched for on all stacks, where nobody saw who died; empty if nothing was. */
  Optional<StackDump.Search> searchFor(String what) {
    return evidence
        .stacksOfDeath()
        .map(stacks -> stacks.dump().search())
        .filter(search -> search.what().equals(what));
  }

  /** The thread that a search has found. */
  Optional<StackDump.ThreadDump> foundThread() {
    return dumpedThreads().filter(StackDump.ThreadDump::crashed).findFirst();
  }

  /** The stacks' event, in brackets. */
  String stacksId() {
    return "[" + evidence.stacksOfDeath().map(Event::id).orElse("") + "]";
  }

  /** Those of the death. */
  Stream<StackDump.ThreadDump> dumpedThreads() {
    return evidence.stacksOfDeath().stream().flatMap(stacks -> stacks.dump().threads().stream());
  }

  /** Whether the walk has found the VM's list of threads. */
  boolean knowsJavaThreads() {
    return dumpedThreads().anyMatch(thread -> thread.id() != null);
  }

  /** Whether it has found all of that list: who is not there is not attached. */
  boolean knowsAllJavaThreads() {
    return knowsJavaThreads()
        && evidence
            .stacksOfDeath()
            .map(stacks -> stacks.dump().softErrors())
            .filter(Objects::nonNull)
            .orElse(List.of())
            .stream()
            .noneMatch(error -> error.startsWith(StackDump.UNREAD_THREAD));
  }

  /** Whether a Java thread's name begins like this: of it the kernel keeps 15 bytes. */
  boolean isCommOfJavaThread(String comm) {
    return dumpedThreads()
        .filter(thread -> thread.id() != null)
        .map(StackDump.ThreadDump::name)
        .anyMatch(name -> name.equals(comm) || (comm.length() >= 14 && name.startsWith(comm)));
  }

  /**
   * Whether DestroyJavaVM has ended: the VM thread is gone, while others of HotSpot's that only the
   * process's end ends are still there, and of Java's there are daemons alone. The thread that ends
   * the process is not listed itself.
   */
  boolean isVmDestroyed() {
    Set<String> names = new HashSet<>();
    evidence
        .all(Event.ThreadState.class)
        .filter(thread -> !Event.Moments.REQUEST.equals(thread.moment()))
        .forEach(thread -> names.add(thread.comm()));
    boolean isByVmThread =
        evidence
            .all(Event.ExitCalled.class)
            .anyMatch(call -> call.thread().comm().equals(VM_THREAD));
    boolean hasUserThread =
        dumpedThreads().anyMatch(thread -> Boolean.FALSE.equals(thread.daemon()));
    return !names.contains(VM_THREAD)
        && names.stream().anyMatch(OUTLIVE_THE_VM::contains)
        && !isByVmThread
        && !hasUserThread;
  }

  /** A thread as a reader knows it: what Java calls it, and the kernel's number. */
  String quoted(int vtid, String comm) {
    return '"' + evidence.javaName(vtid).orElse(comm) + "\" (" + vtid + ")";
  }

  /**
   * The thread that the VM reports an OutOfMemoryError for, by what is on its stack.
   *
   * @return empty if it is not known
   */
  Optional<StackDump.ThreadDump> outOfMemoryThread() {
    return dumpedThreads()
        .filter(
            thread ->
                thread.vmFrames().stream()
                    .anyMatch(
                        frame ->
                            frame.function() != null
                                && frame.function().contains("report_java_out_of_memory")))
        .findFirst();
  }

  /** What follows a flag's name, such as the command of {@code -XX:OnError=}; the last counts. */
  Optional<String> flagValue(String prefix) {
    return Stream.concat(
            evidence.procFile("cmdline").stream()
                .flatMap(line -> java.util.Arrays.stream(line.split("\0", -1))),
            evidence.vmOptions().stream())
        .filter(word -> word.startsWith(prefix))
        .map(word -> word.substring(prefix.length()))
        .reduce((older, newer) -> newer);
  }

  /** Whether the VM was started with a flag such as {@code -XX:+Name}. */
  boolean hasFlag(String flag) {
    return evidence.procFile("cmdline").map(line -> List.of(line.split("\0", -1))).stream()
            .anyMatch(words -> words.contains(flag))
        || evidence.vmOptions().stream().anyMatch(flag::equals);
  }
}
