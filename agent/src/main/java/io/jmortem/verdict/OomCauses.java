// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The OOM killer, of a cgroup or of the host: by its own traces, never by the exit status. */
final class OomCauses {

  /** mm/oom_kill.c, dump_oom_victim(): what ran out, and whose process is to go. */
  private static final Pattern CONSTRAINT =
      Pattern.compile("oom-kill:constraint=(\\w+).*?(?:oom_memcg=([^,]*),)?task_memcg=([^,]*),.*");

  private static final Pattern KILLED = Pattern.compile("Killed process (\\d+) ");
  private static final String HINT_CGROUP =
      "raise the limit, or lower -Xmx: heap, metaspace, code cache, threads and native memory"
          + " together must fit";
  private static final String HINT_HOST =
      "see who used the memory; memory limits for each service keep it from hitting others";

  private final Death death;
  private final MemoryCgroups cgroups;

  OomCauses(Death death) {
    this.death = death;
    this.cgroups = new MemoryCgroups(death.evidence);
  }

  Optional<Verdict> chosenByTheKernel() {
    return death
        .evidence
        .first(Event.OomVictim.class)
        .filter(victim -> death.status.isEmpty() || death.endedBy(Death.SIGKILL))
        .filter(victim -> !wasKilledBefore(victim))
        .map(
            victim -> {
              Verdict.Builder verdict =
                  verdict(Confidence.CERTAIN)
                      .because(
                          "the OOM killer marked the process as its victim, when memory was"
                              + " wanted for "
                              + wanted(victim)
                              + " ["
                              + victim.id()
                              + "]")
                      .cause(victim);
              return withFigures(verdict).build();
            });
  }

  /** The victim itself, mostly, or whoever else is in the same cgroup. */
  private String wanted(Event.OomVictim victim) {
    Event.ThreadIds thread = victim.thread();
    if (thread == null) {
      return "somebody";
    }
    return death.isOwn(thread)
        ? "its own thread " + death.quoted(thread)
        : thread.comm() + " (pid " + Senders.pid(thread) + ")";
  }

  private boolean wasKilledBefore(Event.OomVictim victim) {
    return death
        .evidence
        .first(Event.SignalSent.class, sent -> sent.signo() == Death.SIGKILL)
        .filter(sent -> !sent.byKernel() && sent.timeUnixNano() < victim.timeUnixNano())
        .isPresent();
  }

  /** Without BPF; the log has the pid of the initial namespace. */
  Optional<Verdict> toldByTheKernelsLog() {
    if (death.hasKernelEvidence() || !death.endedBy(Death.SIGKILL)) {
      return Optional.empty();
    }
    return death
        .evidence
        .first(Event.KernelLog.class, this::isAboutUs)
        .map(line -> withFigures(verdict(Confidence.LIKELY).cause(line)).build());
  }

  /** The log may tell of others' deaths, too. */
  private boolean isAboutUs(Event.KernelLog line) {
    Matcher matcher = KILLED.matcher(line.text());
    return matcher.find() && death.pids().contains(matcher.group(1));
  }

  /** Nobody saw who sent the SIGKILL, but its cgroup has counted an OOM kill since. */
  Optional<Verdict> countedByTheCgroup() {
    boolean unexplained =
        death.endedBy(Death.SIGKILL)
            && !death.hasKernelEvidence()
            && cgroups.killsSinceArming() > 0;
    return unexplained
        ? Optional.of(
            withFigures(
                    verdict(Confidence.LIKELY)
                        .because(
                            "its cgroup has counted "
                                + cgroups.killsSinceArming()
                                + " OOM kill since it was armed"))
                .build())
        : Optional.empty();
  }

  private Verdict.Builder verdict(Confidence confidence) {
    Optional<String> logged = loggedCgroup();
    Optional<MemoryCgroups.Level> full = cgroups.thatWasFull(logged);
    boolean host = logged.map(String::isEmpty).orElse(full.isEmpty());
    String summary =
        host
            ? "the host's OOM killer chose the process: the machine was out of memory"
            : "the OOM killer of cgroup "
                + logged.or(() -> full.map(MemoryCgroups.Level::path)).orElse("?")
                + " chose the process"
                + full.map(level -> ": the limit is " + level.limit()).orElse("");
    return Verdict.of(Category.OOM_KILLED, confidence, summary)
        .hint(host ? HINT_HOST : HINT_CGROUP);
  }

  /** The cgroup that ran out, by the kernel's log; an empty one stands for the host. */
  private Optional<String> loggedCgroup() {
    return death
        .evidence
        .all(Event.KernelLog.class)
        .map(line -> CONSTRAINT.matcher(line.text()))
        .filter(Matcher::matches)
        .filter(matcher -> cgroups.isOwn(matcher.group(3)))
        .map(
            matcher ->
                matcher.group(1).equals("CONSTRAINT_MEMCG") && matcher.group(2) != null
                    ? matcher.group(2)
                    : "")
        .reduce((older, newer) -> newer);
  }

  private Verdict.Builder withFigures(Verdict.Builder verdict) {
    cgroups.figures().forEach(verdict::because);
    death
        .evidence
        .all(Event.KernelLog.class)
        .filter(this::isAboutUs)
        .reduce((older, newer) -> newer)
        .ifPresent(line -> verdict.because("the kernel's log: " + line.text() + id(line)));
    return verdict;
  }

  private static String id(Event event) {
    return " [" + event.id() + "]";
  }
}
