// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.proc.StatusFile;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The OOM killer of a cgroup or of the host: decided by its traces, never by the exit status. */
final class OomCauses {

  /** mm/oom_kill.c, dump_oom_victim(): which limit was reached, and the victim. */
  private static final Pattern CONSTRAINT =
      Pattern.compile(
          "oom-kill:constraint=(\\w+).*?(?:oom_memcg=([^,]*),)?task_memcg=.*,pid=(\\d+).*");

  private static final Pattern KILLED = Pattern.compile("Killed process (\\d+) ");

  /** Even a JVM that has just started has ten times as much. */
  private static final long LEFT_BY_THE_REAPER_KIB = 2048;

  private static final String HINT_CGROUP =
      "raise the limit, or lower -Xmx: heap, metaspace, code cache, threads and native memory"
          + " together must fit";
  private static final String HINT_HOST =
      "find out which processes used the memory; a memory limit for each service protects the"
          + " others";

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
                          "the OOM killer marked the process as its victim, when "
                              + allocatingThread(victim)
                              + " requested memory ["
                              + victim.id()
                              + "]")
                      .cause(victim);
              return withFigures(verdict).build();
            });
  }

  /**
   * The thread that requested memory: usually the victim's, or of another process in the cgroup.
   */
  private String allocatingThread(Event.OomVictim victim) {
    Event.ThreadIds thread = victim.thread();
    if (thread == null) {
      return "an unknown thread";
    }
    return death.isOwn(thread)
        ? new DyingThread(death, thread).described() + " of the process itself"
        : thread.comm() + " (pid " + Senders.pid(thread) + ")";
  }

  private boolean wasKilledBefore(Event.OomVictim victim) {
    return death
        .evidence
        .first(Event.SignalSent.class, sent -> sent.signo() == Death.SIGKILL)
        .filter(sent -> !sent.byKernel() && sent.timeUnixNano() < victim.timeUnixNano())
        .isPresent();
  }

  /**
   * Whether a recorded sender explains the SIGKILL, or the kernel sent it and its OOM killer would
   * have been recorded, too. If BPF was loaded too late, neither is known.
   */
  private boolean isExplained() {
    return !death.endedBy(Death.SIGKILL)
        || death
            .sent(Death.SIGKILL)
            .filter(sent -> !sent.byKernel() || death.hasProbe("mark_victim"))
            .isPresent();
  }

  /** Used without BPF; the log has the pid in the initial pid namespace. */
  Optional<Verdict> fromKernelLog() {
    if (isExplained()) {
      return Optional.empty();
    }
    return death
        .evidence
        .first(Event.KernelLog.class, this::namesOurPid)
        .map(line -> withFigures(verdict(Confidence.LIKELY).cause(line)).build());
  }

  /** Other lines of the log are about other processes. */
  private boolean namesOurPid(Event.KernelLog line) {
    Matcher matcher = KILLED.matcher(line.text());
    return matcher.find() && death.pids().contains(matcher.group(1));
  }

  /**
   * The sender of the SIGKILL is unknown, but the cgroup has counted an OOM kill since the JVM was
   * armed. It was probably this process if the cgroup was full when it ended.
   */
  Optional<Verdict> countedByTheCgroup() {
    long kills = cgroups.killsSinceArming();
    if (kills <= 0 || isExplained()) {
      return Optional.empty();
    }
    boolean isFull = cgroups.thatIsFull().isPresent() || wasReaped();
    return Optional.of(
        withFigures(
                verdict(isFull ? Confidence.LIKELY : Confidence.POSSIBLE)
                    .because(
                        "the JVM's cgroup has counted OOM kills since arming: "
                            + kills
                            + (isFull ? "" : "; the victims are unknown")))
            .build());
  }

  /** The OOM reaper frees the memory of a victim before it has ended, and of no other process. */
  private boolean wasReaped() {
    OptionalLong kibibytes =
        StatusFile.parse(death.evidence.procFile("status").orElse("")).number("RssAnon");
    return death.evidence.first(Event.Exiting.class).isPresent()
        && kibibytes.isPresent()
        && kibibytes.getAsLong() < LEFT_BY_THE_REAPER_KIB;
  }

  private Verdict.Builder verdict(Confidence confidence) {
    Optional<Constraint> logged = logged();
    Optional<MemoryCgroups.Level> full =
        logged.isPresent() ? cgroups.named(logged.get().cgroup()) : cgroups.thatIsFull();
    if (logged.filter(Constraint::isHost).isPresent()) {
      return Verdict.of(
              Category.OOM_KILLED,
              confidence,
              "the host's OOM killer chose the process: the host was out of memory")
          .kind("by the host")
          .hint(HINT_HOST);
    }
    String limit = full.map(level -> ": the limit is " + level.limit()).orElse("");
    if (logged.filter(Constraint::isCgroup).isPresent()) {
      return Verdict.of(
              Category.OOM_KILLED,
              confidence,
              "the OOM killer of cgroup " + logged.get().cgroup() + " chose the process" + limit)
          .kind("by its cgroup")
          .hint(HINT_CGROUP);
    }
    return Verdict.of(
            Category.OOM_KILLED,
            confidence,
            "the OOM killer chose the process"
                + full.map(level -> "; cgroup " + level.path() + " was full" + limit)
                    .orElse("; it is unknown whether for a cgroup or for the host"))
        .kind(full.isPresent() ? "by its cgroup" : null)
        .hint(full.isPresent() ? HINT_CGROUP : "read the kernel log: dmesg | grep -i oom");
  }

  /** What the kernel log says about this kill. */
  private record Constraint(String kind, String cgroup) {
    boolean isHost() {
      return kind.equals("CONSTRAINT_NONE");
    }

    boolean isCgroup() {
      return kind.equals("CONSTRAINT_MEMCG") && cgroup != null;
    }
  }

  private Optional<Constraint> logged() {
    return death
        .evidence
        .all(Event.KernelLog.class)
        .map(line -> CONSTRAINT.matcher(line.text()))
        .filter(Matcher::matches)
        .filter(matcher -> death.pids().contains(matcher.group(3)))
        .map(matcher -> new Constraint(matcher.group(1), matcher.group(2)))
        .reduce((older, newer) -> newer);
  }

  private Verdict.Builder withFigures(Verdict.Builder verdict) {
    List<String> figures = cgroups.figures();
    figures.forEach(verdict::because);
    verdict.memory(figures.isEmpty() ? null : figures.get(0));
    death
        .evidence
        .all(Event.KernelLog.class)
        .filter(this::namesOurPid)
        .reduce((older, newer) -> newer)
        .ifPresent(line -> verdict.because("the kernel log says: " + line.text() + id(line)));
    return verdict;
  }

  private static String id(Event event) {
    return " [" + event.id() + "]";
  }
}
