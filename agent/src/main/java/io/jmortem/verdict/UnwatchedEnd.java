// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;

/**
 * A process that ended before the black box was armed, or after the helper was lost. At most the
 * way it ended is known; that nothing else was recorded proves nothing.
 */
final class UnwatchedEnd {

  static final String WHILE_ARMING = "while the black box was being armed";

  private final Death death;

  UnwatchedEnd(Death death) {
    this.death = death;
  }

  Optional<Verdict> whileArming() {
    return death
        .evidence
        .first(Event.EndedEarly.class)
        .map(
            early ->
                verdict(
                        " " + WHILE_ARMING + "; the cause was not recorded",
                        "the process had ended before the black box was armed [" + early.id() + "]")
                    .hint(
                        "use `jmortem run -- COMMAND`, which watches a JVM from its first"
                            + " instruction; no hs_err was found")
                    .build());
  }

  /** The lost helper would have recorded the cause. */
  Optional<Verdict> afterTheHelper() {
    boolean isExplained =
        death.status.isEmpty()
            || death.sent(signo()).isPresent()
            || death.evidence.first(Event.ExitCalled.class).isPresent();
    return death
        .evidence
        .first(Event.HelperLost.class)
        .filter(lost -> !isExplained)
        .map(
            lost ->
                verdict(
                        "; the cause was not recorded, because the helper "
                            + (lost.isTooLate()
                                ? "took too long"
                                : "was ended by " + SignalNames.signal(lost.signo())),
                        "the helper was ended before it recorded the cause [" + lost.id() + "]")
                    .hint(
                        lost.isTooLate()
                            ? "the machine was too busy, or a disk was too slow: raise deadline="
                            : "find out what ended the helper, too: for instance an OOM killer,"
                                + " or the stop of a service")
                    .build());
  }

  private int signo() {
    return death.status.map(ExitStatus::signo).orElse(0);
  }

  private Verdict.Builder verdict(String unseen, String because) {
    int signo = signo();
    boolean isSent = signo == Death.SIGKILL || signo == Death.SIGTERM;
    Category category =
        isSent
            ? Category.KILLED
            : signo == 0 && death.status.isPresent() ? Category.EXIT : Category.UNKNOWN;
    Verdict.Builder verdict =
        Verdict.of(category, Confidence.POSSIBLE, words(signo) + unseen).because(because);
    return death.status.isPresent()
        ? verdict.because("the exit status says how the process ended" + death.statusId())
        : verdict;
  }

  private String words(int signo) {
    if (signo != 0) {
      return SignalNames.signal(signo) + " ended the process";
    }
    return death
        .status
        .map(status -> "the process exited with status " + status.code())
        .orElse("the process ended");
  }
}
