// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.EventBuilder;
import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hotspot.Frame;
import io.jmortem.hotspot.StackDump;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Evidence of process 100, with libraries at addresses that are easy to remember. */
final class Fixtures {

  static final int PID = 100;
  static final Event ARMED =
      EventBuilder.event("armed", "e1", 1)
          .with("helper", "v")
          .with("level", "full")
          .with("pid", PID)
          .with("options", Map.of())
          .with("probes", Map.of("bpf", true, "mark_victim", "tp_btf"))
          .build();
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
        EventBuilder.fault()
            .with("si_signo", 11)
            .with("si_code", 1)
            .with("si_addr", "0x18")
            .with("trap_nr", 14)
            .with("error_code", 6)
            .with("handler", "0x1")
            .with("timeUnixNano", 6)
            .with("registers", Map.of("rip", hex(pc)))
            .buildFault();
    return EventBuilder.event("fatal_error", "e5", 6)
        .with("thread", thread)
        .with("marker", "uprobe")
        .with("first", true)
        .with("freeze", "ptrace")
        .with("error_id", 11)
        .with("fault", fault)
        .build();
  }

  static Event program(String path) {
    return new Event.ProcFile("e2", 2, "exe", path, false);
  }

  static Event commandLine(String... words) {
    return new Event.ProcFile("e2", 2, "cmdline", String.join("\0", words) + "\0", false);
  }

  /** The kernel names of the threads. */
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

  // ---- results of a walk

  static Frame nativeFrame(long pc, String function) {
    Frame.Kind kind = pc >= JVM && pc < CODEC ? Frame.Kind.VM : Frame.Kind.NATIVE;
    return Frame.other(kind, function, pc, 1, Frame.Trust.GUESSED);
  }

  static Frame javaFrame(Frame.Kind kind, String className, String method) {
    return new Frame(
        kind, className, method, "()V", null, 0, 0, null, 1, 1, Frame.Trust.CERTAIN, List.of());
  }

  static StackDump.ThreadDump javaThread(int tid, String name, Frame... frames) {
    return threadDump(1L, tid, name, "_thread_in_native", List.of(frames), List.of());
  }

  /** A thread that waits for the VM. */
  static StackDump.ThreadDump inVm(int tid, String name, Frame javaFrame, Frame... vmFrames) {
    return threadDump(1L, tid, name, "_thread_blocked", List.of(javaFrame), List.of(vmFrames));
  }

  static StackDump.ThreadDump otherThread(int tid, String comm, Frame... frames) {
    return threadDump(null, tid, comm, null, List.of(frames), List.of());
  }

  private static StackDump.ThreadDump threadDump(
      Long id, int tid, String name, String vmState, List<Frame> frames, List<Frame> vmFrames) {
    return StackDump.ThreadDump.builder()
        .id(id)
        .nativeId(tid)
        .name(name)
        .vmState(vmState)
        .frames(frames)
        .vmFrames(vmFrames)
        .build();
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
