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
                                        : death.sender(sent)))
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
    if (call.filter(Evidence.ExitCall::isUpcallException).isPresent()) {
      return call.map(this::leftByAnException);
    }
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

  /** Native code can't be unwound by an exception, so java.lang.foreign ends the VM. */
  private Verdict leftByAnException(Evidence.ExitCall found) {
    String where = found.application().isEmpty() ? "" : ", called by " + found.application();
    return Verdict.of(
            category(),
            Confidence.CERTAIN,
            "an exception left an upcall of java.lang.foreign in thread "
                + death.quoted(found.vtid(), found.name())
                + where
                + "; the VM exited with status "
                + code)
        .because("that thread is in SharedUtils.handleUncaughtException [" + found.event() + "]")
        .because("the exit status" + death.statusId())
        .hint("the exception is on stderr; catch everything in the method that native code calls")
        .kind("an exception left an upcall")
        .cause(called.map(Event.class::cast).orElse(null))
        .exitedBy(found.vtid())
        .build();
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
                    + called.map(this::inThread).orElse("")
                    + " ended the process")
            .kind("OutOfMemoryError")
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

  private String inThread(Event.ExitCalled event) {
    DyingThread thread = new DyingThread(death, event.thread());
    return " in " + thread.described() + thread.atMethod();
  }

  private boolean isCalledElsewhere() {
    return called
        .filter(event -> isVmThread(event) || !death.library(event.caller()).equals("libjvm.so"))
        .isPresent();
  }

  private static boolean isVmThread(Event.ExitCalled event) {
    return event.thread().comm().equals(Death.VM_THREAD);
  }

  Optional<Verdict> calledByNativeCode() {
    return called.map(
        event ->
            isVmThread(event)
                ? byTheVmThread(event)
                : isReturnFromMain(event) ? byTheLauncher(event) : byNativeCode(event));
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

  /**
   * The process's first thread has returned from the program's main(), and the C library ends the
   * process. Anything else that calls exit() there is not libc, or is called by what is not.
   */
  private boolean isReturnFromMain(Event.ExitCalled event) {
    DyingThread thread = new DyingThread(death, event.thread());
    String caller = death.library(event.caller());
    Optional<String> library = thread.library(event.caller());
    return event.thread().vtid() == event.thread().vtgid()
        && !event.immediate()
        && !thread.hasJavaFrames()
        && (caller.isEmpty() || (DyingThread.isRuntime(caller) && !caller.equals("libjvm.so")))
        && (library.isEmpty() || library.get().equals(death.program()));
  }

  private Verdict byTheLauncher(Event.ExitCalled event) {
    String program = death.program().isEmpty() ? event.thread().comm() : death.program();
    boolean isJava = program.equals("java");
    boolean threw = isJava && code == 1;
    Verdict.Builder verdict =
        Verdict.of(
                category(),
                Confidence.LIKELY,
                isJava
                    ? "the launcher returned status "
                        + code
                        + (threw ? ": main ended with an exception" : "")
                    : "main() of "
                        + program
                        + " returned "
                        + argument()
                        + (death.isVmDestroyed() ? ", after the JVM had been destroyed" : ""))
            .because("the process's first thread called exit() itself [" + event.id() + "]")
            .because("the exit status" + death.statusId())
            .hint(threw ? "the exception's stack trace is on stderr" : null)
            .kind("main() of " + program + " returned " + code)
            .cause(event)
            .exitedBy(event.thread().vtid());
    return verdict.build();
  }

  /** What called exit() is known by the return address, if that is not the C library's own. */
  private Verdict byNativeCode(Event.ExitCalled event) {
    DyingThread thread = new DyingThread(death, event.thread());
    String direct = death.library(event.caller());
    boolean isGuessed = DyingThread.isRuntime(direct) && !direct.equals("libjvm.so");
    String library = isGuessed ? thread.library(event.caller()).orElse(direct) : direct;
    Verdict.Builder verdict =
        Verdict.of(
                category(),
                Confidence.CERTAIN,
                "native code"
                    + (library.isEmpty() ? "" : " in " + library)
                    + " called "
                    + (event.immediate() ? "_exit(" : "exit(")
                    + event.status()
                    + ") in "
                    + thread.described()
                    + thread.atMethod()
                    + (death.isVmDestroyed() ? ", after the JVM had been destroyed" : ""))
            .because("the call was seen [" + event.id() + "]")
            .because("the exit status" + death.statusId())
            .kind(kind(library, event))
            .cause(event)
            .exitedBy(event.thread().vtid());
    if (isGuessed && !library.equals(direct)) {
      verdict.because(direct + " called it; " + library + " is found further up on the stack");
    }
    return verdict.build();
  }

  private static String kind(String library, Event.ExitCalled event) {
    // of a library the frames tell it better, where there are some
    return library.isEmpty() ? null : (event.immediate() ? "_exit " : "exit ") + event.status();
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
