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
 * @param clause behind the verdict; empty while it was running
 * @param reason the evidence; empty if the stacks alone say so
 */
record Phase(String name, String clause, String reason) {

  /** The functions of the C library that run exit handlers and static destructors. */
  private static final Set<String> EXITING = Set.of("exit", "quick_exit", "__cxa_finalize");

  /** The black box was being armed: of what came before or meanwhile, nothing was seen. */
  static Optional<Phase> arming(Death death) {
    return death
        .evidence
        .first(Event.EndedEarly.class)
        .map(early -> new Phase("arming", UnwatchedEnd.WHILE_ARMING, ""));
  }

  /** Empty where nothing tells. */
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

  /** By a call that was seen before the cause; or by what is on the stack of who died. */
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
                  + "() had been called before ["
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
                    "exiting",
                    "while the process was exiting",
                    "exit() is found on the thread's stack"));
  }

  private static Optional<Phase> destroyed(Death death) {
    return death.isVmDestroyed()
        ? Optional.of(
            new Phase(
                "vm-destroyed",
                "after the JVM had been destroyed",
                "the VM thread had ended, and others of the VM's had not"))
        : Optional.empty();
  }

  /** Agents' premain and the search for the main class come before main. */
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
