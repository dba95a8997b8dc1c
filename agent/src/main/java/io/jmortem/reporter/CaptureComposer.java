// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report;
import io.jmortem.snapshot.ThreadSnapshot;
import io.jmortem.verdict.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Composes what was captured of the death: the level, the moments and the counters. */
final class CaptureComposer {

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Evidence evidence;
  private final Verdict verdict;
  private final Optional<HsErrLog> hsErr;
  private final Optional<ThreadSnapshot> snapshot;
  private final Optional<Event.Stacks> stacks;
  private final long deathUnixNano;

  /**
   * @param stacks the stacks that the report shows
   * @param deathUnixNano when the process died
   */
  CaptureComposer(
      Evidence evidence,
      Verdict verdict,
      Optional<HsErrLog> hsErr,
      Optional<ThreadSnapshot> snapshot,
      Optional<Event.Stacks> stacks,
      long deathUnixNano) {
    this.evidence = evidence;
    this.verdict = verdict;
    this.hsErr = hsErr;
    this.snapshot = snapshot;
    this.stacks = stacks;
    this.deathUnixNano = deathUnixNano;
  }

  Report.Capture capture() {
    Optional<Event.Armed> armed = evidence.first(Event.Armed.class);
    return new Report.Capture(
        level(),
        moment(),
        age(),
        heldMillis(Event.Moments.FAULT),
        evidence
            .first(Event.Frozen.class, frozen -> Event.Moments.FAULT.equals(frozen.moment()))
            .map(Event.Frozen::by)
            .orElse(null),
        heldMillis(Event.Moments.EXIT),
        evidence.last(Event.Counters.class).map(Event.Counters::lost).orElse(null),
        armed.map(Event.Armed::probes).orElse(null),
        new MissingParts(evidence, verdict, hsErr, snapshot, stacks).find());
  }

  Report.@Nullable Counters counters() {
    return evidence
        .last(Event.Counters.class)
        .map(
            counters -> {
              Map<String, Long> byName = new TreeMap<>();
              for (Event.Count count :
                  counters.benign() == null ? List.<Event.Count>of() : counters.benign()) {
                // the kernel ends each thread of a dying process with SIGKILL: this is not a fault
                if (count.signo() != 9) {
                  byName.merge(
                      SignalNames.signal(count.signo())
                          + " "
                          + SignalNames.code(count.signo(), count.code()),
                      count.count(),
                      Long::sum);
                }
              }
              return new Report.Counters(byName, counters.lost());
            })
        .orElse(null);
  }

  /**
   * The level that was reached; it may be lower than the armed one, if stacks could not be read.
   */
  private String level() {
    if (evidence.hasKernelEvidence()) {
      return stacks.isPresent() ? "full" : "kernel";
    }
    return stacks.isPresent() ? "memory" : "agent";
  }

  private @Nullable String moment() {
    boolean isEarlier =
        stacks.map(found -> Event.Moments.REQUEST.equals(found.moment())).orElse(false);
    if (isEarlier || (stacks.isEmpty() && snapshot.isPresent())) {
      return "before";
    }
    return stacks.map(Event.Stacks::moment).orElse(null);
  }

  /** The age of the stacks at the death, if they are from before it. */
  private @Nullable Long age() {
    if (!"before".equals(moment())) {
      return null;
    }
    long end = evidence.last(Event.Exit.class).map(Event::timeUnixNano).orElse(deathUnixNano);
    long age =
        stacks
            .map(found -> (end - found.timeUnixNano()) / NANOS_PER_MILLI)
            .or(
                () ->
                    snapshot.map(
                        taken -> deathUnixNano / NANOS_PER_MILLI - taken.takenEpochMillis()))
            .orElse(-1L);
    return age < 0 ? null : age;
  }

  private @Nullable Double heldMillis(String moment) {
    return evidence
        .all(Event.Released.class)
        .filter(released -> moment.equals(released.moment()))
        .reduce((older, newer) -> newer)
        .map(released -> released.heldNanos() / (double) NANOS_PER_MILLI)
        .orElse(null);
  }
}
