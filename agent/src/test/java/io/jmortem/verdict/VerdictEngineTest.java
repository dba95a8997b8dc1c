// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

  private static final int PID = 100;
  private static final Event.ThreadIds OWN =
      new Event.ThreadIds(101, PID, 101, PID, 101, PID, "crasher");
  private static final Event.ThreadIds OTHER = new Event.ThreadIds(7, 7, 7, 7, 7, 7, "kill");
  private static final Event ARMED =
      new Event.Armed("e1", 1, "v", "kernel", null, PID, 0, 0, Map.of(), Map.of());

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
    return new Event.Fault(signo, code, "0x18", code > 0 ? 14 : 0, errorCode, "0x1", 5, Map.of());
  }

  private static Event error(boolean first, String marker, long id, Event.Fault fault) {
    return new Event.FatalError(
        "e5", 6, OWN, marker, first, "sigstop", id, null, null, null, 0, fault);
  }

  private static Event sent(int signo, boolean byKernel, Event.ThreadIds by) {
    return new Event.SignalSent(
        "e2",
        2,
        by,
        signo,
        byKernel ? 128 : 0,
        PID,
        byKernel,
        1000,
        1000,
        1,
        "1",
        "kill",
        "kill\0-9",
        List.of());
  }

  private static Event exit(int status) {
    return new Event.Exit("e9", 9, OWN, status);
  }

  private static Optional<HsErrLog> log(String header) {
    return Optional.of(HsErrParser.parse(header));
  }

  private static final Event ABORT = new Event.Abort("e6", 6, OWN, true, "sigstop", Map.of());

  @Test
  void faultDeclaredFatal() {
    Verdict verdict = decide(ARMED, error(true, "uprobe", 11, fault(11, 1, 6)), ABORT, exit(6));

    assertVerdict(Category.VM_CRASH, Confidence.CERTAIN, verdict);
    assertTrue(
        verdict.summary().contains("SIGSEGV (SEGV_MAPERR, write) at 0x18"), verdict.summary());
    assertTrue(verdict.reasons().get(0).contains("[e5]"));
    assertEquals(Optional.of(OWN), verdict.thread());
  }

  @Test
  void kindOfAccess() {
    assertEquals(Optional.of("read"), VerdictEngine.access(fault(11, 1, 4)));
    assertEquals(Optional.of("write"), VerdictEngine.access(fault(11, 1, 6)));
    assertEquals(Optional.of("exec"), VerdictEngine.access(fault(11, 2, 0x14)));
    assertEquals(Optional.empty(), VerdictEngine.access(fault(11, 0, 4)));
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
        Category.VM_ERROR, Confidence.CERTAIN, decide(ARMED, error(true, "fentry", 0, null)));
  }

  /** The weaker markers may have taken an old, benign fault for the reason. */
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
    assertVerdict(Category.NATIVE_ABORT, Confidence.LIKELY, decide(ARMED, ABORT, exit(0)));
  }

  /** HotSpot ends by abort() too; its log says that it came first. */
  @Test
  void logBeforeAbort() {
    Optional<HsErrLog> log = log("#  SIGSEGV (0xb) at pc=0x1, pid=1, tid=2\n");

    assertVerdict(Category.VM_CRASH, Confidence.LIKELY, decide(log, ARMED, ABORT, exit(6)));
    assertVerdict(Category.VM_CRASH, Confidence.LIKELY, decide(log, ARMED));
  }

  /** A predecessor's log of the same pid, as in a container that was started again. */
  @Test
  void logThatDoesNotFitTheEnd() {
    Optional<HsErrLog> log = log("#  SIGSEGV (0xb) at pc=0x1, pid=1, tid=2\n");

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

    assertTrue(summary.contains("SIGSEGV (SI_KERNEL) in thread"), summary);
  }

  @Test
  void signalWithoutHandler() {
    Event twice =
        new Event.FatalSignal("e6", 6, OWN, 11, 128, "0x0", 0, 0, Map.of(), fault(11, 1, 6));
    Event xcpu = new Event.FatalSignal("e6", 6, OWN, 24, 128, null, 0, 0, Map.of(), null);
    Event abort = new Event.FatalSignal("e6", 6, OWN, 6, -6, null, PID, 0, Map.of(), null);

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
    assertVerdict(
        Category.OOM_KILLED, Confidence.POSSIBLE, decide(ARMED, sent(9, true, OTHER), exit(9)));
    assertVerdict(
        Category.KILLED, Confidence.LIKELY, decide(ARMED, sent(15, false, OTHER), exit(143 << 8)));
    assertVerdict(
        Category.EXIT, Confidence.CERTAIN, decide(ARMED, sent(9, false, OTHER), exit(143 << 8)));
  }

  @Test
  void exits() {
    assertVerdict(Category.EXIT, Confidence.CERTAIN, decide(ARMED, exit(3 << 8)));
    assertVerdict(Category.CLEAN, Confidence.CERTAIN, decide(ARMED, exit(0)));
    assertVerdict(Category.UNKNOWN, Confidence.POSSIBLE, decide(ARMED));
    assertVerdict(Category.UNKNOWN, Confidence.POSSIBLE, decide());
  }

  @Test
  void exitStatus() {
    assertEquals(new ExitStatus(3, 0, false), ExitStatus.of(3 << 8));
    assertEquals(new ExitStatus(-1, 6, true), ExitStatus.of(0x86));
    assertEquals(new ExitStatus(-1, 9, false), ExitStatus.of(9));
  }
}
