// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.evidence.EvidenceSchema;
import io.jmortem.hotspot.Frame;
import io.jmortem.hotspot.StackDump;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Evidence of process 100, whose libraries lie at addresses that are easy to remember. */
final class Fixtures {

  static final int PID = 100;
  static final Event ARMED = armed("full", PID, Map.of("bpf", true, "mark_victim", "tp_btf"));

  static Event.Armed armed(String level, int pid, Map<String, Object> probes) {
    return new Event.Armed(
        "e1", 1, EvidenceSchema.version(), "v", level, null, null, pid, 0, 0, null, probes);
  }

  static final long LIBC = 0x1000;
  static final long JVM = 0x2000;
  static final long CODEC = 0x3000;
  static final long CXX = 0x4000;
  static final long PROGRAM = 0x5000;
  static final long RENDER = 0x6000;
  static final Event MAPS =
      new Event.ProcFile(
          "e2",
          2,
          "maps",
          """
          1000-2000 r-xp 00000000 08:01 1 /lib/libc.so.6
          2000-3000 r-xp 00000000 08:01 2 /jdk/lib/server/libjvm.so
          3000-4000 r-xp 00000000 08:01 3 /opt/libcodec.so
          4000-5000 r-xp 00000000 08:01 4 /lib/libstdc++.so.6.0.30
          5000-6000 r-xp 00000000 08:01 5 /opt/server
          6000-7000 r-xp 00000000 08:01 6 /opt/librender.so
          """,
          false);

  private Fixtures() {}

  static Event.ThreadIds thread(int tid, String comm) {
    return new Event.ThreadIds(tid, PID, tid, PID, tid, PID, comm);
  }

  static Verdict decide(Event... events) {
    return VerdictEngine.decide(new Evidence(List.of(events), List.of()), Optional.empty());
  }

  static void assertVerdict(
      Category category, Confidence confidence, String summary, Verdict verdict) {
    assertEquals(category, verdict.category(), verdict.summary());
    assertEquals(confidence, verdict.confidence(), verdict.summary());
    assertTrue(verdict.summary().contains(summary), verdict.summary());
  }

  static Event exit(int status) {
    return new Event.Exit("e9", 900, thread(PID, "java"), status);
  }

  static Event exitCalled(Event.ThreadIds thread, int status, boolean immediate, long caller) {
    return new Event.ExitCalled("e4", 4, thread, status, immediate, hex(caller), Map.of());
  }

  static Event abort(Event.ThreadIds thread, long caller, String message) {
    return new Event.Abort("e6", 6, thread, true, "ptrace", hex(caller), message, Map.of());
  }

  static Event crash(Event.ThreadIds thread, long pc) {
    Event.Fault fault =
        new Event.Fault(11, 1, "0x18", 14, 6, "0x1", false, 6, Map.of("rip", hex(pc)));
    return new Event.FatalError(
        "e5", 6, thread, "uprobe", true, "ptrace", 11, null, null, null, null, 0, fault);
  }

  static Event program(String path) {
    return new Event.ProcFile("e2", 2, "exe", path, false);
  }

  static Event commandLine(String... words) {
    return new Event.ProcFile("e2", 2, "cmdline", String.join("\0", words) + "\0", false);
  }

  /** What the kernel calls the threads that there were. */
  static Event[] kernelThreads(String... comms) {
    return Arrays.stream(comms)
        .map(comm -> new Event.ThreadState("e7", 7, "exit", 7, 7, comm, false, Map.of()))
        .toArray(Event[]::new);
  }

  static Event[] all(Event[] some, Event... others) {
    Event[] all = Arrays.copyOf(others, others.length + some.length);
    System.arraycopy(some, 0, all, others.length, some.length);
    return all;
  }

  private static String hex(long address) {
    return "0x" + Long.toHexString(address);
  }

  // ---- what a walk has found

  static Frame nativeFrame(long pc, String function) {
    Frame.Kind kind = pc >= JVM && pc < CODEC ? Frame.Kind.VM : Frame.Kind.NATIVE;
    return new Frame(
        kind, null, null, null, null, 0, 0, function, pc, 1, Frame.Trust.GUESSED, List.of());
  }

  static Frame javaFrame(Frame.Kind kind, String className, String method) {
    return new Frame(
        kind, className, method, "()V", null, 0, 0, null, 1, 1, Frame.Trust.CERTAIN, List.of());
  }

  static StackDump.ThreadDump javaThread(int tid, String name, Frame... frames) {
    return threadDump(1L, tid, name, "_thread_in_native", List.of(frames), List.of());
  }

  /** One that waits for the VM to do something for it. */
  static StackDump.ThreadDump inVm(int tid, String name, Frame javaFrame, Frame... vmFrames) {
    return threadDump(1L, tid, name, "_thread_blocked", List.of(javaFrame), List.of(vmFrames));
  }

  static StackDump.ThreadDump otherThread(int tid, String comm, Frame... frames) {
    return threadDump(null, tid, comm, null, List.of(frames), List.of());
  }

  private static StackDump.ThreadDump threadDump(
      Long id, int tid, String name, String vmState, List<Frame> frames, List<Frame> vmFrames) {
    return new StackDump.ThreadDump(
        id, tid, name, null, vmState, null, null, false, false, frames, vmFrames, List.of(), null,
        List.of());
  }

  static Event stacks(StackDump.ThreadDump... threads) {
    return stacks(null, threads);
  }

  static Event stacks(StackDump.Reason reason, StackDump.ThreadDump... threads) {
    return new Event.Stacks(
        "e8",
        8,
        "fault",
        new StackDump(17, List.of(threads), List.of(), 0, reason, null, List.of()));
  }
}
