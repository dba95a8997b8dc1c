// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.hotspot.StackDump.ThreadDump;
import java.util.Optional;
import java.util.Set;

/**
 * How far the JVM was in its life when it died.
 *
 * @param name {@code arming}, {@code starting}, {@code running}, {@code shutting-down}, {@code
 *     exiting} or {@code vm-destroyed}
 * @param clause the end of the verdict's sentence; empty while the JVM was running
 * @param reason the evidence; empty if only the stacks say so
 */
record Phase(String name, String clause, String reason) {

  /** The functions of the C library that run exit handlers and static destructors. */
  private static final Set<String> EXITING = Set.of("exit", "quick_exit", "__cxa_finalize");

  /** The process ended while the black box was being armed: nothing was recorded before that. */
  static Optional<Phase> arming(Death death) {
    return death
        .evidence
        .first(Event.EndedEarly.class)
        .map(early -> new Phase("arming", UnwatchedEnd.WHILE_ARMING, ""));
  }

  /** Empty if the phase is unknown. */
  static Optional<Phase> of(Death death, Optional<Event> cause, Optional<Integer> thread) {
    return exiting(death, cause, thread)
        .or(() -> destroyed(death))
        .or(
            () ->
                death.evidence.isShuttingDown()
                    ? Optional.of(new Phase("shutting-down", "while the JVM was shutting down", ""))
                    : Optional.empty())
        .or(() -> starting(death))
        .or(
            () ->
                death.knowsJavaThreads()
                    ? Optional.of(new Phase("running", "", ""))
                    : Optional.empty());
  }

  /**
   * Known from a call that was recorded before the cause, or from the stack of the dying thread.
   */
  private static Optional<Phase> exiting(
      Death death, Optional<Event> cause, Optional<Integer> thread) {
    Optional<Event.ExitCalled> call =
        death
            .evidence
            .first(Event.ExitCalled.class)
            .filter(found -> cause.isEmpty() || found.timeUnixNano() < cause.get().timeUnixNano());
    if (call.isPresent()) {
      return Optional.of(
          new Phase(
              "exiting",
              "while the process was exiting with status " + (call.get().status() & 0xff),
              (call.get().immediate() ? "_exit" : "exit")
                  + "() was called before that ["
                  + call.get().id()
                  + "]"
                  + (death.isVmDestroyed() ? "; the JVM had been destroyed" : "")));
    }
    return thread
        .flatMap(death::threadDump)
        .filter(found -> new DyingThread(death, found).isIn(EXITING))
        .map(
            found ->
                new Phase(
                    "exiting", "while the process was exiting", "exit() is on the thread's stack"));
  }

  private static Optional<Phase> destroyed(Death death) {
    return death.isVmDestroyed()
        ? Optional.of(
            new Phase(
                "vm-destroyed",
                "after the JVM had been destroyed",
                "the VM thread had ended, while other threads of the VM still existed"))
        : Optional.empty();
  }

  /** Before main, the JVM runs premain of agents, and looks for the main class. */
  private static Optional<Phase> starting(Death death) {
    boolean isStarting =
        death
            .dumpedThreads()
            .filter(thread -> thread.id() != null && "main".equals(thread.name()))
            .filter(thread -> !thread.frames().isEmpty())
            .anyMatch(Phase::isBeforeMain);
    return isStarting
        ? Optional.of(new Phase("starting", "while the JVM was starting", ""))
        : Optional.empty();
  }

  private static boolean isBeforeMain(ThreadDump main) {
    String oldest = main.frames().get(main.frames().size() - 1).className();
    return oldest != null
        && (oldest.startsWith("sun.launcher.")
            || oldest.equals("sun.instrument.InstrumentationImpl"));
  }
}
