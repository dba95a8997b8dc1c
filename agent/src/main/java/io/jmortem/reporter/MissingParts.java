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
import org.jspecify.annotations.Nullable;

/** What a report lacks, each part with its reason. Parts that explain others come first. */
final class MissingParts {

  /** Errors of one walk; the others are only among the soft errors. */
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
      missing.add("the stacks at the end: not read; the reason was not recorded");
    }
    addWhatIsShownInstead();
    addLog();
    addSender();
    if (evidence.status().isEmpty()) {
      missing.add("the exit status was not recorded");
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
                    ? "the last events: the helper took too long"
                    : "the last events: the helper was ended by "
                        + SignalNames.signal(lost.signo())
                        + ", too")
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
        .ifPresent(why -> missing.add("the process's memory can't be read: " + why));
    if (shown.isEmpty()) {
      armed
          .map(Event.Armed::hold)
          .ifPresent(
              why -> missing.add("no hold, so the process can't be stopped at its end: " + why));
    }
  }

  // ---- problems at the moments when the process was stopped

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

  /** Names the moment, if it is not the moment of the shown stacks. */
  private String atMoment(@Nullable String moment, String what) {
    if (moment == null || shown.map(Event.Stacks::moment).filter(moment::equals).isPresent()) {
      return what;
    }
    return switch (moment) {
      case Event.Moments.REQUEST -> "at the SIGTERM: " + what;
      case Event.Moments.FAULT -> shown.isEmpty() ? what : "at the fault: " + what;
      default -> shown.isEmpty() ? what : "at the end: " + what;
    };
  }

  private void addErrors(Event.Stacks walk) {
    List<String> errors = walk.dump().softErrors();
    if (walk.dump().threads().isEmpty()) {
      String why =
          errors.isEmpty() ? "the reason was not recorded" : String.join("; ", firstErrors(errors));
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
    all.add(errors.size() - some.size() + " more errors of the walk; see SOFT ERRORS");
    return all;
  }

  // ---- what the report shows instead

  private void addWhatIsShownInstead() {
    if (shown.isPresent()) {
      if (Event.Moments.REQUEST.equals(shown.get().moment())) {
        missing.add("the stacks at the end: the report shows those at the SIGTERM");
      }
    } else if (snapshot.isPresent()) {
      missing.add(
          "the other threads' stacks at the death: the report shows the last rolling snapshot");
    } else if (evidence.reportOption("snapshot").equals("off")) {
      missing.add("the other threads' stacks: snapshot=off");
    } else {
      missing.add("the other threads' stacks: no rolling snapshot was taken before the death");
    }
  }

  private void addLog() {
    boolean wantsLog =
        verdict.category() == Report.Category.VM_CRASH
            || verdict.category() == Report.Category.VM_ERROR;
    if (hsErr.isEmpty() && wantsLog) {
      missing.add("hs_err: " + evidence.noLog().orElse("no log was found"));
    } else if (hsErr.isPresent() && !hsErr.get().complete()) {
      missing.add("hs_err: cut off");
    }
  }

  private void addSender() {
    verdict
        .sender()
        .filter(Event.SignalSent::withheld)
        .ifPresent(
            withheld ->
                missing.add(
                    "executable and command line of the sender: it is not in the JVM's container,"
                        + " or of another user; the daemon's log shows them to root"));
  }

  /** Evidence that was lost, whatever it was about. */
  private void addLostEvidence() {
    evidence
        .last(Event.Counters.class)
        .map(Event.Counters::lost)
        .filter(lost -> lost > 0)
        .ifPresent(
            lost -> missing.add(lost + " events of the kernel: lost, because the buffer was full"));
    evidence.problems(Event.Parts.LINES).map(Event.Problem::what).forEach(missing::add);
    if (!evidence.problems().isEmpty()) {
      missing.add("lines of evidence that can't be read: " + evidence.problems().size());
    }
    evidence
        .all(Event.ProcFile.class)
        .filter(Event.ProcFile::truncated)
        .map(Event.ProcFile::name)
        .distinct()
        .forEach(name -> missing.add("the rest of /proc/PID/" + name + ": the file is too long"));
  }
}
