// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.proc.StatusFile;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The OOM killer, of a cgroup or of the host: by its own traces, never by the exit status. */
final class OomCauses {

  /** mm/oom_kill.c, dump_oom_victim(): what ran out, and whose process is to go. */
  private static final Pattern CONSTRAINT =
      Pattern.compile(
          "oom-kill:constraint=(\\w+).*?(?:oom_memcg=([^,]*),)?task_memcg=.*,pid=(\\d+).*");

  private static final Pattern KILLED = Pattern.compile("Killed process (\\d+) ");

  /** A JVM that has just started has ten times as much. */
  private static final long LEFT_BY_THE_REAPER_KIB = 2048;

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
                              + allocatingThread(victim)
                              + " ["
                              + victim.id()
                              + "]")
                      .cause(victim);
              return withFigures(verdict).build();
            });
  }

  /** The victim itself, mostly, or whoever else is in the same cgroup. */
  private String allocatingThread(Event.OomVictim victim) {
    Event.ThreadIds thread = victim.thread();
    if (thread == null) {
      return "somebody";
    }
    return death.isOwn(thread)
        ? new DyingThread(death, thread).described() + " of its own"
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
   * By a sender that was seen, or by the kernel where its OOM killer would have been seen too;
   * where BPF came too late, there is neither.
   */
  private boolean isExplained() {
    return !death.endedBy(Death.SIGKILL)
        || death
            .sent(Death.SIGKILL)
            .filter(sent -> !sent.byKernel() || death.hasProbe("mark_victim"))
            .isPresent();
  }

  /** Without BPF; the log has the pid of the initial namespace. */
  Optional<Verdict> fromKernelLog() {
    if (isExplained()) {
      return Optional.empty();
    }
    return death
        .evidence
        .first(Event.KernelLog.class, this::namesOurPid)
        .map(line -> withFigures(verdict(Confidence.LIKELY).cause(line)).build());
  }

  /** The log may tell of others' deaths, too. */
  private boolean namesOurPid(Event.KernelLog line) {
    Matcher matcher = KILLED.matcher(line.text());
    return matcher.find() && death.pids().contains(matcher.group(1));
  }

  /**
   * Nobody saw who sent the SIGKILL, but its cgroup has counted an OOM kill since it was armed: of
   * this process, if there was no memory left when it ended.
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
                        "its cgroup has counted OOM kills since it was armed: "
                            + kills
                            + (isFull ? "" : "; whose is not known")))
            .build());
  }

  /** The OOM reaper takes a victim's memory before it has ended; of nobody else's. */
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
              "the host's OOM killer chose the process: the machine was out of memory")
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
                    .orElse(", of a cgroup or of the host"))
        .kind(full.isPresent() ? "by its cgroup" : null)
        .hint(full.isPresent() ? HINT_CGROUP : "look at the kernel's log: dmesg | grep -i oom");
  }

  /** What the kernel's log says of this very kill. */
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
    cgroups.figures().forEach(verdict::because);
    death
        .evidence
        .all(Event.KernelLog.class)
        .filter(this::namesOurPid)
        .reduce((older, newer) -> newer)
        .ifPresent(line -> verdict.because("the kernel's log: " + line.text() + id(line)));
    return verdict;
  }

  private static String id(Event event) {
    return " [" + event.id() + "]";
  }
}
