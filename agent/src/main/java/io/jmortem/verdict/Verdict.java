// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.List;
import java.util.Optional;

/**
 * The verdict.
 *
 * @param summary one sentence, without a full stop
 * @param reasons sentences that name the ids of the events they rest on
 * @param hint what to do next
 * @param cause the event that began the end, if it is known
 * @param fault the signal that the verdict is about, if it is one that a handler caught
 * @param sender who sent the signal that the verdict is about
 */
public record Verdict(
    Category category,
    String summary,
    Confidence confidence,
    List<String> reasons,
    String hint,
    Optional<Event> cause,
    Optional<Event.Fault> fault,
    Optional<Event.SignalSent> sender) {

  /** The kernel's numbers of the thread that the verdict is about. */
  public Optional<Event.ThreadIds> thread() {
    Event event = cause.orElse(null);
    if (event instanceof Event.FatalError error) {
      return Optional.ofNullable(error.thread());
    } else if (event instanceof Event.Abort abort) {
      return Optional.ofNullable(abort.thread());
    } else if (event instanceof Event.FatalSignal signal) {
      return Optional.ofNullable(signal.thread());
    }
    return Optional.empty();
  }
}
