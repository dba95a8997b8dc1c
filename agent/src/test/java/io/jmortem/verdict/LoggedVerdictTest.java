// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import static io.jmortem.verdict.Fixtures.ARMED;
import static io.jmortem.verdict.Fixtures.assertVerdict;
import static io.jmortem.verdict.Fixtures.exit;
import static io.jmortem.verdict.Fixtures.thread;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How far hs_err is trusted, alone and together with other evidence. */
class LoggedVerdictTest {

  // ---- the sender, known only from hs_err

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "si_code: 0 (SI_USER), si_pid: 4711, si_uid: 1000; process 4711 (uid 1000)",
        "si_code: 0 (SI_USER), sent from pid: 12 (uid: 0); process 12 (uid 0)",
        "si_code: 0 (SI_USER); an unknown process"
      })
  void senderInTheLog(String siginfo, String sender) {
    assertVerdict(
        Category.KILLED,
        Confidence.LIKELY,
        "was sent by " + sender,
        decide(logged("SIGSEGV (0xb) at pc=0x1", siginfo), ARMED, exit(6)));
  }

  /** Sent by raise(), or by the VM to a thread that does not reach a safepoint. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "si_code: 0 (SI_USER), si_pid: 100, si_uid: 7",
        "si_code: -6 (SI_TKILL), si_pid: 100 (current process), si_uid: 0",
        "si_code: -6 (SI_TKILL), sent from pid: 100 (uid: 0)",
      })
  void raisedInTheLog(String siginfo) {
    Optional<HsErrLog> log = logged("SIGILL (0x4) at pc=0x1 (sent by kill)", siginfo);
    Event.Fault fault =
        EventBuilder.fault()
            .with("si_signo", 4)
            .with("si_code", -6)
            .with("si_addr", "0x1")
            .with("registers", Map.of())
            .buildFault();

    assertVerdict(
        Category.FATAL_SIGNAL,
        Confidence.LIKELY,
        "SIGILL was raised by the process itself",
        decide(log, ARMED, exit(6)));
    assertVerdict(
        Category.FATAL_SIGNAL,
        Confidence.CERTAIN,
        "SIGILL was raised by the process itself",
        decide(
            log,
            ARMED,
            EventBuilder.event("fatal_error", "e5", 6)
                .with("thread", thread(107, "w"))
                .with("marker", "uprobe")
                .with("first", true)
                .with("error_id", 4)
                .with("fault", fault)
                .build(),
            exit(6)));
  }

  private static Optional<HsErrLog> logged(String headline, String siginfo) {
    return Optional.of(
        HsErrParser.parse(
            "#  " + headline + ", pid=100, tid=107\n\nsiginfo: si_signo: 11, " + siginfo + "\n"));
  }

  private static Verdict decide(Optional<HsErrLog> log, Event... events) {
    return VerdictEngine.decide(new Evidence(List.of(events), List.of()), log);
  }

  // ---- an incomplete log

  /** Until the log says that the signal was a fault, it may have been sent. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "# A fatal error has been detected by the Java Ru; VM_CRASH; HotSpot found a fatal error that it did not name",
        "''; VM_CRASH; HotSpot found a fatal error that it did not name",
        "#  SIGSEGV (0xb) at pc=0x1, pid=100, tid=1; VM_CRASH; SIGSEGV, according to hs_err",
        "#  SIGSEGV (0xb) at pc=0x1 (sent by kill), pid=1; KILLED; SIGSEGV was sent by an unknown",
      })
  void logThatIsCutOff(String log, Category category, String summary) {
    assertVerdict(
        category,
        Confidence.POSSIBLE,
        summary,
        decide(Optional.of(HsErrParser.parse(log)), UNSEEN, exit(6)));
  }

  /** The process is killed while HotSpot writes the log, for instance after a grace period. */
  @Test
  void killedWhileTheLogWasWritten() {
    Optional<HsErrLog> log = logged("SIGSEGV (0xb) at pc=0x1", "si_code: 1 (SEGV_MAPERR)");

    assertVerdict(
        Category.VM_CRASH,
        Confidence.LIKELY,
        "SIGSEGV (SEGV_MAPERR), according to hs_err; SIGKILL ended the process before hs_err was"
            + " complete",
        decide(log, UNSEEN, exit(9)));
    // with a watch, the crash would have been recorded
    assertVerdict(Category.KILLED, Confidence.LIKELY, "SIGKILL ended", decide(log, ARMED, exit(9)));
  }

  private static final Event UNSEEN =
      EventBuilder.event("armed", "e1", 1)
          .with("helper", "v")
          .with("level", "agent")
          .with("pid", 100)
          .with("options", Map.of())
          .with("probes", Map.of("bpf", false))
          .build();

  /** HotSpot's explanation of the address, if no mapping is known. */
  @Test
  void accessErrorInTheLog() {
    Optional<HsErrLog> log =
        Optional.of(
            HsErrParser.parse(
                """
                #  SIGBUS (0x7) at pc=0x1, pid=100, tid=107

                siginfo: si_signo: 7 (SIGBUS), si_code: 2 (BUS_ADRERR), si_addr: 0x0000000000099000
                Error accessing class data sharing archive. Mapped file inaccessible during execution.
                """));
    Verdict verdict = decide(log, UNSEEN, exit(6));

    assertTrue(verdict.hint().contains("the CDS archive"), verdict.hint());
    assertTrue(
        verdict.reasons().stream().anyMatch(each -> each.contains("class data sharing archive")));
  }
}
