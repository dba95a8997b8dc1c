// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The verdict.
 *
 * @param summary one sentence, without a full stop
 * @param reasons sentences that name the ids of the events they rest on
 * @param hint what to do next; null if nothing is known
 * @param kind what deaths of this kind have in common beyond their category, without pids, thread
 *     ids or addresses; empty if nothing is known
 * @param cause the event that began the end, if it is known
 * @param fault the signal that the verdict is about, if it is one that a handler caught
 * @param sender who sent the signal that the verdict is about
 * @param threadId the thread that died first, or that ended the process, in the process's own pid
 *     namespace
 * @param exitedBy the thread that called exit, _exit, System.exit or halt, in the same namespace
 * @param phase of the JVM's life: {@code arming}, {@code starting}, {@code running}, {@code
 *     shutting-down}, {@code exiting}, {@code vm-destroyed}; empty if it is not known
 * @param memory the figures of the memory cgroup that was full; empty if there is none
 * @param saysPhase whether the summary says already how far the JVM was in its life
 */
public record Verdict(
    Category category,
    String summary,
    Confidence confidence,
    List<String> reasons,
    @Nullable String hint,
    Optional<String> kind,
    Optional<Event> cause,
    Optional<Event.Fault> fault,
    Optional<Event.SignalSent> sender,
    Optional<Integer> threadId,
    Optional<Integer> exitedBy,
    Optional<String> phase,
    Optional<String> memory,
    boolean saysPhase) {

  /** Adds the phase to the verdict. */
  Verdict withPhase(Phase found) {
    Builder builder = new Builder(this);
    builder.phase = found.name();
    boolean isSaid = saysPhase || summary.contains(found.clause());
    if (!isSaid) {
      builder.summary = summary + ", " + found.clause();
    }
    if (!found.reason().isEmpty()) {
      builder.because(found.reason());
    }
    return builder.build();
  }

  /** A verdict, to be completed. */
  public static Builder of(Category category, Confidence confidence, String summary) {
    return new Builder(category, confidence, summary);
  }

  /** Builds a verdict. */
  public static final class Builder {
    private final Category category;
    private final Confidence confidence;
    private String summary;
    private final List<String> reasons = new ArrayList<>();
    private @Nullable String hint;
    private @Nullable String kind;
    private @Nullable Event cause;
    private Event.@Nullable Fault fault;
    private Event.@Nullable SignalSent sender;
    private @Nullable Integer threadId;
    private @Nullable Integer exitedBy;
    private @Nullable String phase;
    private @Nullable String memory;
    private boolean saysPhase;

    private Builder(Category category, Confidence confidence, String summary) {
      this.category = category;
      this.confidence = confidence;
      this.summary = summary;
    }

    private Builder(Verdict from) {
      this(from.category, from.confidence, from.summary);
      reasons.addAll(from.reasons);
      hint = from.hint;
      kind = from.kind.orElse(null);
      cause = from.cause.orElse(null);
      fault = from.fault.orElse(null);
      sender = from.sender.orElse(null);
      threadId = from.threadId.orElse(null);
      exitedBy = from.exitedBy.orElse(null);
      phase = from.phase.orElse(null);
      memory = from.memory.orElse(null);
      saysPhase = from.saysPhase;
    }

    Builder because(String reason) {
      reasons.add(reason);
      return this;
    }

    Builder hint(@Nullable String text) {
      hint = text;
      return this;
    }

    /** See {@link Verdict#kind}. */
    public Builder kind(@Nullable String text) {
      kind = text;
      return this;
    }

    Builder cause(@Nullable Event event) {
      cause = event;
      return this;
    }

    Builder fault(Event.@Nullable Fault signal) {
      fault = signal;
      return this;
    }

    Builder sender(Event.@Nullable SignalSent sent) {
      sender = sent;
      return this;
    }

    Builder thread(Event.ThreadIds thread) {
      threadId = thread.vtid() == 0 ? null : thread.vtid();
      return this;
    }

    Builder thread(@Nullable Integer vtid) {
      threadId = vtid;
      return this;
    }

    Builder exitedBy(Integer vtid) {
      exitedBy = vtid;
      threadId = vtid;
      return this;
    }

    /** See {@link Verdict#memory}. */
    Builder memory(@Nullable String figures) {
      memory = figures;
      return this;
    }

    /** See {@link Verdict#saysPhase}. */
    Builder saysPhase(boolean says) {
      saysPhase = says;
      return this;
    }

    /** The verdict, with what was set. */
    public Verdict build() {
      return new Verdict(
          category,
          summary,
          confidence,
          List.copyOf(reasons),
          hint,
          Optional.ofNullable(kind),
          Optional.ofNullable(cause),
          Optional.ofNullable(fault),
          Optional.ofNullable(sender),
          Optional.ofNullable(threadId),
          Optional.ofNullable(exitedBy),
          Optional.ofNullable(phase),
          Optional.ofNullable(memory),
          saysPhase);
    }
  }
}
