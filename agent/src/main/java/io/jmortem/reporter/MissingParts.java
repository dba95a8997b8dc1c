// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report;
import io.jmortem.snapshot.ThreadSnapshot;
import io.jmortem.verdict.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** What a report does not tell, each with the reason: those first that explain others. */
final class MissingParts {

  /** Of one walk; the others are among the soft errors. */
  private static final int MAX_WALK_ERRORS = 4;

  private final Evidence evidence;
  private final Verdict verdict;
  private final Optional<HsErrLog> hsErr;
  private final Optional<ThreadSnapshot> snapshot;
  private final Optional<Event.Stacks> shown;
  private final List<String> missing = new ArrayList<>();

  /**
   * @param shown the stacks that the report shows as those of the death
   */
  MissingParts(
      Evidence evidence,
      Verdict verdict,
      Optional<HsErrLog> hsErr,
      Optional<ThreadSnapshot> snapshot,
      Optional<Event.Stacks> shown) {
    this.evidence = evidence;
    this.verdict = verdict;
    this.hsErr = hsErr;
    this.snapshot = snapshot;
    this.shown = shown;
  }

  List<String> find() {
    addLostHelper();
    addArming();
    boolean isExplained = !missing.isEmpty();
    addProblems();
    evidence.all(Event.Stacks.class).forEach(this::addErrors);
    if (shown.isEmpty() && !isExplained && missing.isEmpty() && isArmed()) {
      missing.add("the stacks at its end: nothing tells why they were not read");
    }
    addWhatIsShownInstead();
    addLog();
    if (evidence.status().isEmpty()) {
      missing.add("the exit status was not seen");
    }
    addLostEvidence();
    return missing;
  }

  private boolean isArmed() {
    return evidence.first(Event.Armed.class).isPresent()
        && evidence.first(Event.EndedEarly.class).isEmpty();
  }

  private void addLostHelper() {
    evidence
        .first(Event.HelperLost.class)
        .map(
            lost ->
                lost.isTooLate()
                    ? "what came last: the helper took too long"
                    : "what came last: the helper was ended by "
                        + SignalNames.signal(lost.signo())
                        + " too")
        .ifPresent(missing::add);
  }

  private void addArming() {
    Optional<Event.Armed> armed = evidence.first(Event.Armed.class);
    armed
        .map(Event.Armed::probes)
        .map(probes -> probes.get("missing"))
        .ifPresent(why -> missing.add(why.toString()));
    armed
        .map(Event.Armed::memory)
        .ifPresent(why -> missing.add("the process's memory may not be read: " + why));
    if (shown.isEmpty()) {
      armed
          .map(Event.Armed::hold)
          .ifPresent(why -> missing.add("a dying process can't be held to be read: " + why));
    }
  }

  // ---- what went wrong when it was looked at

  private void addProblems() {
    for (Event.Problem problem : evidence.all(Event.Problem.class).toList()) {
      switch (problem.part() == null ? "" : problem.part()) {
        case Event.Parts.STACKS, Event.Parts.THREADS ->
            missing.add(atMoment(problem.moment(), problem.text()));
        case Event.Parts.FREEZE ->
            missing.add(
                atMoment(problem.moment(), "the threads could not be stopped: " + problem.what()));
        default -> {}
      }
    }
  }

  /** Where it is not the moment that is shown it is said which. */
  private String atMoment(String moment, String what) {
    if (moment == null || shown.map(Event.Stacks::moment).filter(moment::equals).isPresent()) {
      return what;
    }
    return switch (moment) {
      case Event.Moments.REQUEST -> "when it was asked to end: " + what;
      case Event.Moments.FAULT -> shown.isEmpty() ? what : "at the fault: " + what;
      default -> shown.isEmpty() ? what : "at its end: " + what;
    };
  }

  private void addErrors(Event.Stacks walk) {
    if (walk.dump() == null) {
      return;
    }
    List<String> errors = walk.dump().softErrors();
    if (walk.dump().threads().isEmpty()) {
      String why =
          errors.isEmpty() ? "it does not tell why" : String.join("; ", firstErrors(errors));
      missing.add(atMoment(walk.moment(), "stacks: the walk found no thread: " + why));
      return;
    }
    boolean isSuperseded =
        !isShown(walk) && evidence.stacksOfRequest().filter(walk::equals).isEmpty();
    if (!isSuperseded) {
      long leftOut = walk.dump().virtualThreadsLeftOut();
      Stream.concat(
              leftOut > 0
                  ? Stream.of(leftOut + " more virtual threads, not mounted")
                  : Stream.empty(),
              firstErrors(errors).stream())
          .map(what -> atMoment(walk.moment(), what))
          .forEach(missing::add);
    }
  }

  private boolean isShown(Event.Stacks walk) {
    return shown.map(Event.Stacks::id).filter(walk.id()::equals).isPresent();
  }

  private static List<String> firstErrors(List<String> errors) {
    List<String> some = errors.stream().filter(Objects::nonNull).limit(MAX_WALK_ERRORS).toList();
    if (some.size() == errors.size()) {
      return some;
    }
    List<String> all = new ArrayList<>(some);
    all.add(errors.size() - some.size() + " more errors of the walk, see the soft errors");
    return all;
  }

  // ---- what there is instead

  private void addWhatIsShownInstead() {
    if (shown.isPresent()) {
      if (Event.Moments.REQUEST.equals(shown.get().moment())) {
        missing.add("the stacks at its end: shown as they were when it was asked to end");
      }
    } else if (snapshot.isPresent()) {
      missing.add(
          "the other threads' stacks at the death: shown as the last rolling snapshot saw them");
    } else if (evidence.reportOption("snapshot").equals("off")) {
      missing.add("the other threads' stacks: snapshot=off");
    } else {
      missing.add("the other threads' stacks: no rolling snapshot had been taken yet");
    }
  }

  private void addLog() {
    boolean wantsLog =
        verdict.category() == Report.Category.VM_CRASH
            || verdict.category() == Report.Category.VM_ERROR;
    if (hsErr.isEmpty() && wantsLog) {
      missing.add("hs_err: " + evidence.noLog().orElse("HotSpot left none that could be found"));
    } else if (hsErr.isPresent() && !hsErr.get().complete()) {
      missing.add("hs_err: cut off");
    }
  }

  /** Whatever would have been told by it. */
  private void addLostEvidence() {
    evidence
        .last(Event.Counters.class)
        .map(Event.Counters::lost)
        .filter(lost -> lost > 0)
        .ifPresent(lost -> missing.add(lost + " events of the kernel: there was no room for them"));
    evidence.problems(Event.Parts.LINES).map(Event.Problem::what).forEach(missing::add);
    if (!evidence.problems().isEmpty()) {
      missing.add("lines of evidence that can't be read: " + evidence.problems().size());
    }
    evidence
        .all(Event.ProcFile.class)
        .filter(Event.ProcFile::truncated)
        .map(Event.ProcFile::name)
        .distinct()
        .forEach(name -> missing.add("the rest of /proc/PID/" + name + ": it is too long"));
  }
}
