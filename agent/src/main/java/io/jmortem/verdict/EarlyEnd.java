// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;

/**
 * A process that ended while the black box was being armed. How it ended is known at most; that
 * nothing else was seen says nothing.
 */
final class EarlyEnd {

  private static final String UNSEEN =
      " while the black box was being armed; nothing was seen of it";

  private final Death death;

  EarlyEnd(Death death) {
    this.death = death;
  }

  Optional<Verdict> whileArming() {
    return death.evidence.first(Event.EndedEarly.class).map(this::verdict);
  }

  private Verdict verdict(Event.EndedEarly early) {
    int signo = death.status.map(ExitStatus::signo).orElse(0);
    boolean isSent = signo == Death.SIGKILL || signo == Death.SIGTERM;
    Verdict.Builder verdict =
        Verdict.of(
                isSent
                    ? Category.KILLED
                    : signo == 0 && death.status.isPresent() ? Category.EXIT : Category.UNKNOWN,
                Confidence.POSSIBLE,
                words(signo) + UNSEEN)
            .because("the process had ended before the black box was armed [" + early.id() + "]")
            .hint(
                "`jmortem run -- COMMAND` sees a JVM from its first instruction; hs_err was looked"
                    + " for in its usual places");
    return (death.status.isPresent()
            ? verdict.because("the exit status" + death.statusId())
            : verdict)
        .build();
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
