// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.EventBuilder;
import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.hserr.HsErrParser;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VerdictEngineTest {

  private static final String SEGV =
      "#  SIGSEGV (0xb) at pc=0x1, pid=1, tid=2\n\nsiginfo: si_signo: 11 (SIGSEGV), si_code: 1\n";

  private static final int PID = 100;
  private static final Event.ThreadIds OWN =
      new Event.ThreadIds(101, PID, 101, PID, 101, PID, "crasher");
  private static final Event.ThreadIds OTHER = new Event.ThreadIds(7, 7, 7, 7, 7, 7, "kill");
  private static final Event ARMED = armed(Map.of("bpf", true, "mark_victim", "tp_btf"));
  private static final Event ARMED_WITHOUT_BPF = armed(Map.of("bpf", false));

  private static Event armed(Map<String, Object> probes) {
    return EventBuilder.event("armed", "e1", 1)
        .with("helper", "v")
        .with("level", "full")
        .with("pid", PID)
        .with("options", Map.of())
        .with("probes", probes)
        .build();
  }

  private static Verdict decide(Optional<HsErrLog> log, Event... events) {
    return VerdictEngine.decide(new Evidence(List.of(events), List.of()), log);
  }

  private static Verdict decide(Event... events) {
    return decide(Optional.empty(), events);
  }

  private static void assertVerdict(Category category, Confidence confidence, Verdict verdict) {
    assertEquals(category, verdict.category(), verdict.summary());
    assertEquals(confidence, verdict.confidence(), verdict.summary());
  }

  private static Event.Fault fault(int signo, int code, int errorCode) {
    return EventBuilder.fault()
        .with("si_signo", signo)
        .with("si_code", code)
        .with("si_addr", "0x18")
        .with("trap_nr", code > 0 ? 14 : 0)
        .with("error_code", errorCode)
        .with("handler", "0x1")
        .with("timeUnixNano", 5)
        .with("registers", Map.of())
        .buildFault();
  }

  private static Event error(boolean first, String marker, long id, Event.Fault fault) {
    return EventBuilder.event("fatal_error", "e5", 6)
        .with("thread", OWN)
        .with("marker", marker)
        .with("first", first)
        .with("freeze", "sigstop")
        .with("error_id", id)
        .with("fault", fault)
        .build();
  }

  private static Event sent(int signo, boolean byKernel, Event.ThreadIds by) {
    return sent(2, signo, byKernel, by);
  }

  private static Event sent(long time, int signo, boolean byKernel, Event.ThreadIds by) {
    return EventBuilder.event("signal_sent", "e2", time)
        .with("thread", by)
        .with("si_signo", signo)
        .with("si_code", byKernel ? 128 : 0)
        .with("target_vtid", PID)
        .with("by_kernel", byKernel)
        .with("uid", 1000)
        .with("euid", 1000)
        .with("pid_ns", 1)
        .with("cgroup_id", "1")
        .with("cgroup", "/user.slice")
        .with("syscall", 62)
        .with("executable", "kill")
        .with("command_line", "kill\0-9")
        .with("ancestry", List.of())
        .build();
  }

  private static Event exit(int status) {
    return new Event.Exit("e9", 9, OWN, status);
  }

  private static Optional<HsErrLog> log(String header) {
    return Optional.of(HsErrParser.parse(header));
  }

  private static final Event ABORT =
      new Event.Abort("e6", 6, OWN, true, "ptrace", null, null, Map.of());

  @Test
  void faultDeclaredFatal() {
    Verdict verdict = decide(ARMED, error(true, "uprobe", 11, fault(11, 1, 6)), ABORT, exit(6));

    assertVerdict(Category.VM_CRASH, Confidence.CERTAIN, verdict);
    assertTrue(
        verdict.summary().contains("SIGSEGV (SEGV_MAPERR, write) at 0x18"), verdict.summary());
    assertTrue(verdict.reasons().get(0).contains("[e5]"));
    assertEquals(Optional.of(OWN.vtid()), verdict.threadId());
  }

  @Test
  void kindOfAccess() {
    assertEquals(Optional.of("read"), Faults.access(fault(11, 1, 4)));
    assertEquals(Optional.of("write"), Faults.access(fault(11, 1, 6)));
    assertEquals(Optional.of("exec"), Faults.access(fault(11, 2, 0x14)));
    assertEquals(Optional.empty(), Faults.access(fault(11, 0, 4)));
  }

  @Test
  void faultThatWasSent() {
    Verdict verdict =
        decide(ARMED, sent(11, false, OTHER), error(true, "uprobe", 11, fault(11, 0, 0)), exit(6));

    assertVerdict(Category.KILLED, Confidence.CERTAIN, verdict);
    assertEquals(7, verdict.sender().orElseThrow().thread().tgid());
  }

  @Test
  void faultNotSeen() {
    assertVerdict(
        Category.VM_CRASH, Confidence.LIKELY, decide(ARMED, error(true, "uprobe", 11, null)));
  }

  @Test
  void errorWithoutFault() {
    assertVerdict(
        Category.VM_ERROR,
        Confidence.CERTAIN,
        decide(ARMED, error(true, "uprobe", 0xe0000000L, null), exit(6)));
    assertVerdict(
        Category.VM_ERROR, Confidence.LIKELY, decide(ARMED, error(true, "fentry", 0, null)));
  }

  /** The weaker markers may have reported an old, benign fault. */
  @Test
  void logCorrectsTheWeakerMarkers() {
    Optional<HsErrLog> log =
        log(
            "#  Internal Error (debug.cpp:362), pid=1, tid=2\n#  fatal error: OutOfMemory encountered");
    Event error = error(true, "fentry", 11, fault(11, 2, 4));

    assertVerdict(Category.VM_ERROR, Confidence.CERTAIN, decide(log, ARMED, error));
    assertVerdict(Category.VM_CRASH, Confidence.CERTAIN, decide(ARMED, error));
  }

  @Test
  void abort() {
    assertVerdict(Category.NATIVE_ABORT, Confidence.CERTAIN, decide(ARMED, ABORT, exit(6)));
    assertVerdict(Category.NATIVE_ABORT, Confidence.LIKELY, decide(ARMED, ABORT));
    // caught, and survived
    assertVerdict(Category.CLEAN, Confidence.CERTAIN, decide(ARMED, ABORT, exit(0)));
    assertVerdict(Category.EXIT, Confidence.CERTAIN, decide(ARMED, ABORT, exit(4 << 8)));
    Event heap =
        new Event.Abort("e6", 6, OWN, true, "ptrace", "0x1", "free(): invalid pointer\n", Map.of());
    assertTrue(decide(ARMED, heap, exit(6)).summary().endsWith(": free(): invalid pointer"));
  }

  /** HotSpot also ends with abort(); hs_err shows that HotSpot's error came first. */
  @Test
  void logBeforeAbort() {
    Optional<HsErrLog> log = log(SEGV);

    assertVerdict(Category.VM_CRASH, Confidence.LIKELY, decide(log, ARMED, ABORT, exit(6)));
    assertVerdict(Category.VM_CRASH, Confidence.LIKELY, decide(log, ARMED));
  }

  /** A log of an earlier process with the same pid, as in a restarted container. */
  @Test
  void logThatDoesNotFitTheEnd() {
    Optional<HsErrLog> log = log(SEGV);

    assertVerdict(Category.CLEAN, Confidence.CERTAIN, decide(log, ARMED, exit(0)));
    assertVerdict(
        Category.KILLED, Confidence.CERTAIN, decide(log, ARMED, sent(9, false, OTHER), exit(9)));
    assertVerdict(Category.VM_CRASH, Confidence.LIKELY, decide(log, ARMED, exit(1 << 8)));
  }

  @Test
  void logOfASignalThatWasSent() {
    Optional<HsErrLog> log =
        log(
            "#  SIGSEGV (0xb) at pc=0x1, pid=1, tid=2\n\nsiginfo: si_signo: 11 (SIGSEGV), si_code: 0 (SI_USER)\n");

    assertVerdict(Category.KILLED, Confidence.LIKELY, decide(log, ARMED, exit(6)));
  }

  @Test
  void signalRaisedByTheProcessItself() {
    Verdict verdict =
        decide(ARMED, sent(11, false, OWN), error(true, "uprobe", 11, fault(11, -6, 0)), exit(6));

    assertVerdict(Category.FATAL_SIGNAL, Confidence.CERTAIN, verdict);
    assertTrue(verdict.sender().isEmpty());
  }

  @Test
  void addressThatTheCpuDoesNotTell() {
    String summary = decide(ARMED, error(true, "uprobe", 11, fault(11, 128, 0))).summary();

    assertTrue(summary.contains("SIGSEGV (SI_KERNEL) in the thread"), summary);
  }

  @Test
  void signalWithoutHandler() {
    Event twice =
        EventBuilder.event("fatal_signal", "e6", 6)
            .with("thread", OWN)
            .with("si_signo", 11)
            .with("si_code", 128)
            .with("si_addr", "0x0")
            .with("registers", Map.of())
            .with("fault", fault(11, 1, 6))
            .build();
    Event xcpu =
        EventBuilder.event("fatal_signal", "e6", 6)
            .with("thread", OWN)
            .with("si_signo", 24)
            .with("si_code", 128)
            .with("registers", Map.of())
            .build();
    Event abort =
        EventBuilder.event("fatal_signal", "e6", 6)
            .with("thread", OWN)
            .with("si_signo", 6)
            .with("si_code", -6)
            .with("si_pid", PID)
            .with("registers", Map.of())
            .build();

    assertVerdict(Category.FATAL_SIGNAL, Confidence.CERTAIN, decide(ARMED, twice, exit(11)));
    assertTrue(decide(ARMED, twice).hint().contains("native stack"));
    assertVerdict(Category.FATAL_SIGNAL, Confidence.CERTAIN, decide(ARMED, xcpu, exit(24)));
    assertVerdict(Category.NATIVE_ABORT, Confidence.LIKELY, decide(ARMED, abort, exit(6)));
    assertVerdict(
        Category.KILLED, Confidence.CERTAIN, decide(ARMED, sent(6, false, OTHER), abort, exit(6)));
    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.LIKELY,
        decide(ARMED, sent(6, false, OWN), abort, exit(6)));
  }

  @Test
  void killed() {
    assertVerdict(
        Category.KILLED, Confidence.CERTAIN, decide(ARMED, sent(9, false, OTHER), exit(9)));
    assertVerdict(Category.KILLED, Confidence.LIKELY, decide(ARMED, exit(9)));
    assertVerdict(Category.KILLED, Confidence.LIKELY, decide(ARMED, sent(9, true, OTHER), exit(9)));
    Event sees = armed(Map.of("bpf", true, "mark_victim", "none"));
    assertVerdict(
        Category.OOM_KILLED, Confidence.POSSIBLE, decide(sees, sent(9, true, OTHER), exit(9)));
    assertVerdict(
        Category.KILLED, Confidence.LIKELY, decide(ARMED, sent(15, false, OTHER), exit(143 << 8)));
    assertVerdict(
        Category.EXIT, Confidence.CERTAIN, decide(ARMED, sent(9, false, OTHER), exit(143 << 8)));
  }

  @Test
  void killedByItself() {
    Verdict verdict = decide(ARMED, sent(9, false, OWN), exit(9));

    assertVerdict(Category.KILLED, Confidence.CERTAIN, verdict);
    assertTrue(verdict.summary().contains("to itself"), verdict.summary());
    assertEquals(Optional.of(OWN.vtid()), verdict.threadId());
  }

  @Test
  void stopThatRanOutOfTime() {
    Event term = sent(1_000_000_000L, 15, false, OTHER);
    Event kill = sent(11_000_000_000L, 9, false, OTHER);
    Verdict verdict = decide(ARMED, term, kill, exit(9));

    assertVerdict(Category.KILLED, Confidence.CERTAIN, verdict);
    assertTrue(verdict.summary().contains("10.0 s after SIGTERM by the same"), verdict.summary());
    assertEquals(Optional.of(kill), verdict.cause()); // no shutdown was recorded
    assertEquals(Optional.of(kill), verdict.sender().map(Event.class::cast));
  }

  /** A SIGKILL long after a SIGTERM is unrelated to it. */
  @Test
  void requestOfLongAgo() {
    Event term = sent(1, 15, false, OTHER);
    Event kill = sent(4_000_000_000_000L, 9, false, OTHER);

    assertEquals(Optional.of(kill), decide(ARMED, term, kill, exit(9)).cause());
  }

  // ---- out of memory

  private static final Event VICTIM = new Event.OomVictim("e3", 3, OWN, 1000, 0);

  private static Event cgroupFile(String name, int level, String text) {
    return new Event.CgroupFile("e4", 4, name, level, text, false);
  }

  /** mm/oom_kill.c, dump_oom_victim() */
  private static Event constraint(String kind, String cgroupsAndTask) {
    return new Event.KernelLog(
        "e5",
        5,
        "oom-kill:constraint="
            + kind
            + ",nodemask=(null),cpuset=/,mems_allowed=0,"
            + cgroupsAndTask);
  }

  private static final Event CGROUP =
      new Event.ProcFile("e2", 2, "cgroup", "0::/a.slice/b.service\n", false);

  @Test
  void victimOfItsCgroup() {
    Verdict verdict =
        decide(
            ARMED,
            CGROUP,
            cgroupFile("memory.events.local", 0, "oom 0\noom_kill 0\n"),
            cgroupFile("memory.events.local", 1, "oom 2\noom_kill 0\n"),
            sent(9, true, OWN),
            VICTIM,
            cgroupFile("memory.max", 0, "268435456\n"),
            cgroupFile("memory.current", 0, "1000000\n"),
            cgroupFile("memory.max", 1, "536870912\n"),
            cgroupFile("memory.current", 1, "536850000\n"),
            cgroupFile("memory.events.local", 0, "oom 0\noom_kill 1\n"),
            cgroupFile("memory.events.local", 1, "oom 3\noom_kill 0\n"),
            exit(9));

    assertVerdict(Category.OOM_KILLED, Confidence.CERTAIN, verdict);
    assertTrue(
        verdict.summary().contains("; cgroup /a.slice was full: the limit is 512 MiB"),
        verdict.summary());
    assertEquals(Optional.of(VICTIM), verdict.cause());
  }

  @Test
  void victimOfTheHost() {
    Event line =
        constraint(
            "CONSTRAINT_NONE", "global_oom,task_memcg=/a.slice/b.service,task=java,pid=100,uid=0");
    Verdict verdict = decide(ARMED, CGROUP, VICTIM, line, exit(9));

    assertVerdict(Category.OOM_KILLED, Confidence.CERTAIN, verdict);
    assertTrue(verdict.summary().startsWith("the host's OOM killer"), verdict.summary());
  }

  /** Without evidence, the OOM killer's scope is unknown; lines about other deaths are ignored. */
  @Test
  void victimOfOneOrTheOther() {
    Event others =
        constraint(
            "CONSTRAINT_MEMCG", "oom_memcg=/other,task_memcg=/other/x,task=java,pid=4242,uid=0");
    Verdict verdict = decide(ARMED, CGROUP, VICTIM, others, exit(9));

    assertTrue(
        verdict.summary().endsWith("whether for a cgroup or for the host"), verdict.summary());
  }

  @Test
  void cgroupByTheKernelsLog() {
    Event line =
        constraint(
            "CONSTRAINT_MEMCG",
            "oom_memcg=/a.slice,task_memcg=/a.slice/b.service,task=java,pid=100,uid=0");
    Verdict verdict = decide(ARMED, CGROUP, VICTIM, line, exit(9));

    assertTrue(verdict.summary().contains("cgroup /a.slice chose"), verdict.summary());
  }

  /** The OOM killer may also choose a process that was already killed. */
  @Test
  void killedBeforeItWasChosen() {
    assertVerdict(
        Category.KILLED, Confidence.CERTAIN, decide(ARMED, sent(9, false, OTHER), VICTIM, exit(9)));
  }

  /** The kernel has other reasons for a SIGKILL, and the counter may be about another process. */
  @Test
  void limitInACgroupThatHasSeenAnOomKill() {
    assertVerdict(
        Category.KILLED,
        Confidence.LIKELY,
        decide(
            ARMED,
            CGROUP,
            cgroupFile("memory.events", 0, "oom_kill 1\n"),
            sent(9, true, OTHER),
            cgroupFile("memory.events", 0, "oom_kill 2\n"),
            exit(9)));
  }

  @Test
  void oomWithoutBpf() {
    Event before = cgroupFile("memory.events", 0, "oom_kill 1\n");
    Event after = cgroupFile("memory.events", 0, "oom_kill 2\n");
    Event limit = cgroupFile("memory.max", 0, "100000000\n");
    Event used = cgroupFile("memory.current", 0, "99999999\n");
    Event log = new Event.KernelLog("e5", 5, "Killed process 100 (java) total-vm:1kB");
    Event others = new Event.KernelLog("e5", 5, "Killed process 1000 (java) total-vm:1kB");

    assertVerdict(
        Category.OOM_KILLED,
        Confidence.LIKELY,
        decide(ARMED_WITHOUT_BPF, CGROUP, before, after, limit, used, exit(9)));
    assertVerdict(
        Category.OOM_KILLED,
        Confidence.POSSIBLE,
        decide(ARMED_WITHOUT_BPF, CGROUP, before, after, exit(9)));
    assertVerdict(Category.OOM_KILLED, Confidence.LIKELY, decide(ARMED_WITHOUT_BPF, log, exit(9)));
    assertVerdict(
        Category.KILLED, Confidence.LIKELY, decide(ARMED_WITHOUT_BPF, others, before, exit(9)));
  }

  // ---- exits

  private static Event exitCalled(Event.ThreadIds thread, int status) {
    return new Event.ExitCalled("e4", 4, thread, status, true, "0x1000", Map.of());
  }

  private static final Event MAPS =
      new Event.ProcFile(
          "e2",
          2,
          "maps",
          """
          1000-2000 r-xp 00000000 08:01 1 /lib/libvictim.so
          3000-4000 r-xp 00000000 08:01 2 /jdk/lib/server/libjvm.so
          """,
          false);

  @Test
  void exits() {
    assertVerdict(Category.EXIT, Confidence.CERTAIN, decide(ARMED, exit(3 << 8)));
    assertVerdict(Category.CLEAN, Confidence.CERTAIN, decide(ARMED, exit(0)));
    assertVerdict(Category.UNKNOWN, Confidence.POSSIBLE, decide(ARMED));
    assertVerdict(Category.UNKNOWN, Confidence.POSSIBLE, decide());
  }

  /** The exit stop also has the status, if nothing else has it. */
  @Test
  void statusFromTheExitStop() {
    assertVerdict(
        Category.EXIT,
        Confidence.CERTAIN,
        decide(ARMED_WITHOUT_BPF, new Event.Exiting("e3", 3, 7 << 8)));
  }

  @Test
  void nativeExit() {
    Verdict verdict = decide(ARMED, MAPS, exitCalled(OWN, 5), exit(5 << 8));

    assertVerdict(Category.EXIT, Confidence.CERTAIN, verdict);
    assertTrue(verdict.summary().contains("libvictim.so called _exit(5)"), verdict.summary());
    assertEquals(Optional.of(OWN.vtid()), verdict.exitedBy());
  }

  @Test
  void exitOfTheLauncherAndOfTheVmThread() {
    Event.ThreadIds first = new Event.ThreadIds(PID, PID, PID, PID, PID, PID, "java");
    Event.ThreadIds vm = new Event.ThreadIds(102, PID, 102, PID, 102, PID, "VM Thread");

    assertTrue(
        decide(ARMED, new Event.ExitCalled("e4", 4, first, 1, false, null, Map.of()), exit(1 << 8))
            .summary()
            .contains("main ended with"));
    assertTrue(
        decide(ARMED, exitCalled(vm, 3), exit(3 << 8)).summary().contains("System.exit or halt"));
  }

  @Test
  void exitOnOutOfMemoryError() {
    Event flag =
        new Event.ProcFile("e2", 2, "cmdline", "java\0-XX:+ExitOnOutOfMemoryError\0", false);
    Event called = new Event.ExitCalled("e4", 4, OWN, 3, true, "0x3000", Map.of());

    assertVerdict(
        Category.EXIT, Confidence.CERTAIN, decide(ARMED, MAPS, flag, called, exit(3 << 8)));
    assertVerdict(
        Category.EXIT, Confidence.POSSIBLE, decide(ARMED_WITHOUT_BPF, flag, exit(3 << 8)));
    assertTrue(
        decide(ARMED, MAPS, flag, exitCalled(OWN, 3), exit(3 << 8))
            .summary()
            .contains("native code"));
  }

  @Test
  void exitStatus() {
    assertEquals(new ExitStatus(3, 0, false), ExitStatus.of(3 << 8));
    assertEquals(new ExitStatus(-1, 6, true), ExitStatus.of(0x86));
    assertEquals(new ExitStatus(-1, 9, false), ExitStatus.of(9));
  }
}
