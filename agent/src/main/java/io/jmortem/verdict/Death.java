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
import org.jspecify.annotations.Nullable;

/** The facts about a death that all rules use. */
final class Death {

  static final String VM_THREAD = "VM Thread";

  /** HotSpot threads that still exist after DestroyJavaVM, by their names in the kernel. */
  private static final Set<String> OUTLIVE_THE_VM =
      Set.of("Signal Dispatch", "Service Thread", "Reference Handl", "Finalizer");

  static final int SIGABRT = 6;
  static final int SIGKILL = 9;
  static final int SIGTERM = 15;

  /** 15 minutes: a SIGKILL that comes later is not related to the SIGTERM. */
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
   * Whether abort() ended it: by SIGABRT, or with status 127 for the first process of a pid
   * namespace, which its own signals do not end.
   */
  boolean endedByAbort() {
    return endedBy(SIGABRT)
        || (isFirstOfItsNamespace() && status.map(end -> end.code() == 127).orElse(false));
  }

  boolean isFirstOfItsNamespace() {
    return vpid() == 1;
  }

  /** The pid in the process's own pid namespace, or 0. */
  long vpid() {
    return StatusFile.parse(evidence.procFile("status").orElse("")).lastNumber("NStgid").orElse(0L);
  }

  /** Whether abort() was called first, and HotSpot reported an error after it. */
  boolean isAfterAbort() {
    return evidence.first(Event.Abort.class, Event.Abort::first).isPresent()
        && evidence.first(Event.FatalError.class).isPresent();
  }

  boolean endedBy(int signo) {
    return status.map(end -> end.signo() == signo).orElse(false);
  }

  /** The event with the status, as " [e5]"; empty if the status is unknown. */
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

  /** The last such signal: earlier ones did not end the process. */
  Optional<Event.SignalSent> sent(int signo) {
    return evidence
        .all(Event.SignalSent.class)
        .filter(sent -> sent.signo() == signo)
        .reduce((older, newer) -> newer);
  }

  /** The SIGTERM before a SIGKILL, if the SIGKILL may be related to it. */
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
    return !sent.byKernel() && isOwn(sent.thread());
  }

  /** The process's pids: in the helper's pid namespace, and in the initial one. */
  Set<String> pids() {
    Set<String> pids = new HashSet<>();
    evidence.first(Event.Armed.class).ifPresent(armed -> pids.add("" + armed.pid()));
    evidence
        .last(Event.Exit.class)
        .map(Event.Exit::thread)
        .ifPresent(thread -> pids.add("" + thread.kernelTgid()));
    return pids;
  }

  /** Whether it is a thread of the process itself. */
  boolean isOwn(Event.ThreadIds thread) {
    return evidence
        .first(Event.Armed.class)
        .map(armed -> thread.tgid() == armed.pid())
        .orElse(false);
  }

  /** The sender in words; the parent process is marked as such. */
  String sender(Event.SignalSent sent) {
    return (isParent(sent) ? "its parent " : "") + Senders.name(sent);
  }

  /** Whether the sender is the parent process. */
  boolean isParent(Event.SignalSent sent) {
    OptionalLong parent = StatusFile.parse(evidence.procFile("status").orElse("")).number("PPid");
    return !sent.byKernel()
        && !sent.exiting()
        && sent.thread().tgid() > 1
        && parent.isPresent()
        && parent.getAsLong() == sent.thread().tgid();
  }

  /** Whether the sender is a descendant of the process. */
  boolean isDescendant(Event.SignalSent sent) {
    int pid = evidence.first(Event.Armed.class).map(Event.Armed::pid).orElse(0);
    return sent.ancestry() != null
        && sent.ancestry().stream().anyMatch(each -> each.tgid() != 0 && each.tgid() == pid);
  }

  /** The name of the file that is mapped at a code address; empty if it is unknown. */
  String library(@Nullable String address) {
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

  /** The file name of the program that the process runs; empty if it is unknown. */
  String program() {
    String path = evidence.procFile("exe").orElse("");
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** The thread in the walk of the death; of a virtual thread and its carrier, the crashed one. */
  Optional<StackDump.ThreadDump> threadDump(int vtid) {
    return dumpedThreads()
        .filter(thread -> thread.nativeId() != null && thread.nativeId() == vtid)
        .min(Comparator.comparing(thread -> !thread.crashed()));
  }

  /** The search of all stacks for an unrecorded death; empty if there was none. */
  Optional<StackDump.Search> searchFor(String what) {
    return evidence
        .stacksOfDeath()
        .map(stacks -> stacks.dump().search())
        .filter(search -> search.what().equals(what));
  }

  /** The thread that the search found. */
  Optional<StackDump.ThreadDump> foundThread() {
    return dumpedThreads().filter(StackDump.ThreadDump::crashed).findFirst();
  }

  /** The stacks' event, in brackets. */
  String stacksId() {
    return "[" + evidence.stacksOfDeath().map(Event::id).orElse("") + "]";
  }

  /** The threads in the walk of the death. */
  Stream<StackDump.ThreadDump> dumpedThreads() {
    return evidence.stacksOfDeath().stream().flatMap(stacks -> stacks.dump().threads().stream());
  }

  /** Whether the walk found the VM's list of threads. */
  boolean knowsJavaThreads() {
    return dumpedThreads().anyMatch(thread -> thread.id() != null);
  }

  /** Whether the walk read the whole list: a thread that is not in it is not attached. */
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

  /** Whether a Java thread has this kernel name, which is cut to 15 bytes. */
  boolean isCommOfJavaThread(String comm) {
    return dumpedThreads()
        .filter(thread -> thread.id() != null)
        .map(StackDump.ThreadDump::name)
        .anyMatch(name -> name.equals(comm) || (comm.length() >= 14 && name.startsWith(comm)));
  }

  /**
   * Whether DestroyJavaVM has ended: the VM thread is gone, other HotSpot threads that end only
   * with the process still exist, and all Java threads are daemons. The thread that ends the
   * process is not in the list.
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

  /** A thread in words: its Java name, or its kernel name, and its tid. */
  String quoted(int vtid, String comm) {
    return '"' + evidence.javaName(vtid).orElse(comm) + "\" (" + vtid + ")";
  }

  /**
   * The thread whose stack shows that the VM reports an OutOfMemoryError.
   *
   * @return empty if it is unknown
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

  /** The value of a flag, such as the command of {@code -XX:OnError=}; the last one is used. */
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
