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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnwatchedEndTest {

  private static Verdict decide(Integer status, Optional<HsErrLog> log) {
    return decide(new Event.EndedEarly("e9", 1), status, log);
  }

  private static Verdict decide(Event unwatched, Integer status, Optional<HsErrLog> log) {
    List<Event> events = new ArrayList<>(List.of(unwatched));
    if (status != null) {
      events.add(new Event.Exit("e10", 2, null, status));
    }
    return VerdictEngine.decide(new Evidence(events, List.of()), log);
  }

  /** A status alone never means an abort: hs_err may be in a place that was not searched. */
  @ParameterizedTest
  @CsvSource({
    "6, UNKNOWN, SIGABRT ended the process",
    "134, UNKNOWN, SIGABRT ended the process",
    "11, UNKNOWN, SIGSEGV ended the process",
    "9, KILLED, SIGKILL ended the process",
    "15, KILLED, SIGTERM ended the process",
    "768, EXIT, the process exited with status 3",
    ", UNKNOWN, the process ended",
  })
  void isNeverMoreThanPossible(Integer status, Category category, String words) {
    Verdict verdict = decide(status, Optional.empty());

    assertEquals(category, verdict.category());
    assertEquals(Confidence.POSSIBLE, verdict.confidence());
    assertEquals(
        words + " while the black box was being armed; the cause was not recorded",
        verdict.summary());
    assertEquals(Optional.of("arming"), verdict.phase());
  }

  @Test
  void hotSpotsLogSaysMore() {
    HsErrLog log = HsErrParser.parse("#\n#  SIGSEGV (0xb) at pc=0x00007f00, pid=7, tid=8\n#\n");

    Verdict verdict = decide(6, Optional.of(log));
    assertEquals(Category.VM_CRASH, verdict.category());
    assertEquals(Optional.of("arming"), verdict.phase());
    assertTrue(
        verdict.summary().endsWith(", while the black box was being armed"), verdict.summary());
  }

  /** The helper may have missed any cause. */
  @ParameterizedTest
  @CsvSource({
    "6, UNKNOWN, SIGABRT ended the process; the cause",
    "11, UNKNOWN, SIGSEGV ended the process; the cause",
    "9, KILLED, SIGKILL ended the process; the cause",
    "768, EXIT, the process exited with status 3; the cause",
  })
  void afterTheHelperIsNotMoreThanPossible(int status, Category category, String words) {
    Verdict verdict = decide(new Event.HelperLost("e9", 1, 9, false), status, Optional.empty());

    assertEquals(category, verdict.category());
    assertEquals(Confidence.POSSIBLE, verdict.confidence());
    assertTrue(verdict.summary().startsWith(words), verdict.summary());
  }
}
