// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;
import java.util.Set;

/** The process exited: who asked for it, and with which status. */
final class ExitCauses {

  /** By which HotSpot begins an orderly shutdown; its status is 128 and the signal's number. */
  private static final Set<Integer> SHUTDOWN_SIGNALS = Set.of(1, 2, 15);

  /** {@code os::_exit(3)} in report_java_out_of_memory(). */
  private static final int OUT_OF_MEMORY_STATUS = 3;

  private final Death death;
  private final int code;
  private final Optional<Evidence.ExitCall> call;
  private final Optional<Event.ExitCalled> called;

  ExitCauses(Death death) {
    this.death = death;
    this.code = death.status.map(ExitStatus::code).orElse(-1);
    this.call = code < 0 ? Optional.empty() : death.evidence.exitCall();
    this.called =
        death
            .evidence
            .first(Event.ExitCalled.class)
            .filter(event -> (event.status() & 0xff) == code);
  }

  /** The JVM's own handlers answer SIGHUP, SIGINT and SIGTERM with an orderly exit. */
  Optional<Verdict> shutDownBySignal() {
    int signo = code - 128;
    if (!SHUTDOWN_SIGNALS.contains(signo)) {
      return Optional.empty();
    }
    String signal = SignalNames.signal(signo);
    Optional<Event.SignalSent> sender = death.sent(signo);
    boolean handler = call.map(found -> found.name().equals(signal + " handler")).orElse(false);
    boolean isElse = call.isPresent() && !handler; // an application's own exit(143), perhaps
    if (isElse || (sender.isEmpty() && !handler)) {
      return Optional.empty();
    }
    Verdict.Builder verdict =
        Verdict.of(
                Category.KILLED,
                Confidence.LIKELY,
                signal
                    + sender
                        .map(
                            sent ->
                                " was sent by "
                                    + (death.isOwn(sent)
                                        ? "the process to itself"
                                        : Senders.name(sent)))
                        .orElse(" came from somebody who was not seen")
                    + "; the JVM shut down with status "
                    + code)
            .because(
                "status "
                    + code
                    + " is that of a JVM that such a signal shuts down"
                    + death.statusId())
            .cause(sender.orElse(null))
            .sender(sender.orElse(null));
    sender.ifPresent(sent -> verdict.because("the kernel saw the sender [" + sent.id() + "]"));
    if (handler) {
      verdict.because("HotSpot's own thread for that signal ended it");
    }
    return Optional.of(verdict.build());
  }

  /** Of a status only the lowest byte is left: 255 was -1, mostly. */
  private String argument() {
    return called
        .map(event -> Integer.toString(event.status()))
        .orElse(code < 128 ? Integer.toString(code) : "... " + code);
  }

  /** System.exit and halt end in the VM thread; whoever called it waits for that. */
  Optional<Verdict> askedForByJava() {
    return call.map(
        found ->
            Verdict.of(
                    category(),
                    Confidence.CERTAIN,
                    (found.isExit() ? "System.exit(" : "Runtime.halt(")
                        + argument()
                        + ") was called by thread "
                        + death.quoted(found.vtid(), found.name())
                        + (found.caller().isEmpty() ? "" : " at " + found.caller()))
                .because("that thread is in Shutdown.halt0 [" + found.event() + "]")
                .because("the exit status" + death.statusId())
                .cause(called.map(Event.class::cast).orElse(null))
                .exitedBy(found.vtid())
                .build());
  }

  /** ExitOnOutOfMemoryError: libjvm itself, in the thread that got no memory. */
  Optional<Verdict> outOfMemory() {
    boolean hasFlag = death.hasFlag("-XX:+ExitOnOutOfMemoryError");
    if (code != OUT_OF_MEMORY_STATUS || (called.isEmpty() && !hasFlag) || isCalledElsewhere()) {
      return Optional.empty();
    }
    Verdict.Builder verdict =
        Verdict.of(
                Category.EXIT,
                !hasFlag
                    ? Confidence.LIKELY
                    : called.isPresent() ? Confidence.CERTAIN : Confidence.POSSIBLE,
                "-XX:+ExitOnOutOfMemoryError: an OutOfMemoryError"
                    + called.map(event -> " in thread " + death.quoted(event.thread())).orElse("")
                    + " ended the process")
            .because("the exit status" + death.statusId())
            .hint("look at the heap: who fills it, and whether -Xmx is enough")
            .cause(called.map(Event.class::cast).orElse(null));
    called.ifPresent(
        event ->
            verdict
                .because("exit() was called by libjvm itself [" + event.id() + "]")
                .exitedBy(event.thread().vtid()));
    return Optional.of(verdict.build());
  }

  private boolean isCalledElsewhere() {
    return called
        .filter(event -> isVmThread(event) || !death.library(event.caller()).equals("libjvm.so"))
        .isPresent();
  }

  private static boolean isVmThread(Event.ExitCalled event) {
    return event.thread().comm().equals("VM Thread");
  }

  Optional<Verdict> calledByNativeCode() {
    return called.map(
        event ->
            isVmThread(event)
                ? byTheVmThread(event)
                : isLauncher(event) ? byTheLauncher(event) : byNativeCode(event));
  }

  private Verdict byTheVmThread(Event.ExitCalled event) {
    return Verdict.of(
            category(),
            Confidence.LIKELY,
            "Java code ended the process with status " + code + ", by System.exit or halt")
        .because("the VM thread called exit() [" + event.id() + "]")
        .hint("who called it can't be told without the stacks of its threads")
        .cause(event)
        .build();
  }

  /** The process's first thread waits for main to return, and then does itself. */
  private static boolean isLauncher(Event.ExitCalled event) {
    return event.thread().vtid() == event.thread().vtgid();
  }

  private Verdict byTheLauncher(Event.ExitCalled event) {
    return Verdict.of(
            category(),
            Confidence.LIKELY,
            "the launcher returned status "
                + code
                + (code == 1 ? ": main ended with an exception" : ""))
        .because("the process's first thread called exit() itself [" + event.id() + "]")
        .because("the exit status" + death.statusId())
        .hint(code == 1 ? "the exception's stack trace is on stderr" : null)
        .cause(event)
        .exitedBy(event.thread().vtid())
        .build();
  }

  private Verdict byNativeCode(Event.ExitCalled event) {
    String library = death.library(event.caller());
    return Verdict.of(
            category(),
            Confidence.CERTAIN,
            "native code"
                + (library.isEmpty() ? "" : " in " + library)
                + " called "
                + (event.immediate() ? "_exit(" : "exit(")
                + event.status()
                + ") in thread "
                + death.quoted(event.thread()))
        .because("the call was seen [" + event.id() + "]")
        .because("the exit status" + death.statusId())
        .cause(event)
        .exitedBy(event.thread().vtid())
        .build();
  }

  Optional<Verdict> byStatusAlone() {
    if (code < 0) {
      return Optional.empty();
    }
    boolean signal = SHUTDOWN_SIGNALS.contains(code - 128);
    return Optional.of(
        Verdict.of(category(), Confidence.CERTAIN, "the process exited with status " + code)
            .because("the exit status" + death.statusId())
            .hint(
                code == 0
                    ? null
                    : signal
                        ? "a JVM that "
                            + SignalNames.signal(code - 128)
                            + " shuts down has this status too"
                        : "somebody called System.exit, halt or _exit, or main threw")
            .cause(death.evidence.last(Event.Exit.class).orElse(null))
            .build());
  }

  private Category category() {
    return code == 0 ? Category.CLEAN : Category.EXIT;
  }
}
