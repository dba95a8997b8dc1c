// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The process exited: which code called exit, and with which status. */
final class ExitCauses {

  /** HotSpot shuts down in order on these signals; the status is 128 + the signal's number. */
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
    boolean isElse = call.isPresent() && !handler; // for instance the application's own exit(143)
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
                        .orElse(" was sent by an unknown process")
                    + "; the JVM shut down with status "
                    + code)
            .because(
                "status "
                    + code
                    + " is the status of a JVM that this signal shuts down"
                    + death.statusId())
            .cause(sender.orElse(null))
            .sender(sender.orElse(null));
    sender.ifPresent(
        sent -> verdict.because("kernel evidence names the sender [" + sent.id() + "]"));
    if (handler) {
      verdict.because("HotSpot's handler thread for that signal ended the process");
    }
    return Optional.of(verdict.build());
  }

  /** The kernel keeps only the lowest byte of a status: 255 was usually -1. */
  private String argument() {
    return called
        .map(event -> Integer.toString(event.status()))
        .orElse(code < 128 ? Integer.toString(code) : "... " + code);
  }

  /** System.exit and halt end in the VM thread; the thread that called them waits for it. */
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
                .because("the exit status is " + code + death.statusId())
                .cause(called.map(Event.class::cast).orElse(null))
                .exitedBy(found.vtid())
                .build());
  }

  /** An exception can't unwind native code, so java.lang.foreign ends the VM. */
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
        .because("the exit status is " + code + death.statusId())
        .hint(
            "read the exception on stderr; the method that native code calls must catch all"
                + " exceptions")
        .kind("an exception left an upcall")
        .cause(called.map(Event.class::cast).orElse(null))
        .exitedBy(found.vtid())
        .build();
  }

  /** ExitOnOutOfMemoryError: libjvm calls exit() in the thread that got no memory. */
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
            .because("the exit status is " + code + death.statusId())
            .hint("check what fills the heap, and whether -Xmx is large enough")
            .cause(called.map(Event.class::cast).orElse(null));
    called.ifPresent(
        event ->
            verdict
                .because("libjvm itself called exit() [" + event.id() + "]")
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
        .hint("the caller is unknown, because there are no stacks of the threads")
        .cause(event)
        .build();
  }

  /**
   * The first thread returned from the program's main(), and the C library called exit(). If other
   * code calls exit() in that thread, the caller is not libc, or another library is on the stack.
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
            .because("the exit status is " + code + death.statusId())
            .hint(threw ? "read the exception's stack trace on stderr" : null)
            .kind("main() of " + program + " returned " + code)
            .cause(event)
            .exitedBy(event.thread().vtid());
    return verdict.build();
  }

  /** The return address names the caller of exit(), unless it is in the C library. */
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
            .because("the call was recorded [" + event.id() + "]")
            .because("the exit status is " + code + death.statusId())
            .kind(kind(library, event))
            .cause(event)
            .exitedBy(event.thread().vtid());
    if (isGuessed && !library.equals(direct)) {
      verdict.because(direct + " made the call; " + library + " is further up on the stack");
    }
    return verdict.build();
  }

  private static @Nullable String kind(String library, Event.ExitCalled event) {
    // if the library is known, its frames say more
    return library.isEmpty() ? null : (event.immediate() ? "_exit " : "exit ") + event.status();
  }

  Optional<Verdict> byStatusAlone() {
    if (code < 0) {
      return Optional.empty();
    }
    boolean signal = SHUTDOWN_SIGNALS.contains(code - 128);
    return Optional.of(
        Verdict.of(category(), Confidence.CERTAIN, "the process exited with status " + code)
            .because("the exit status is " + code + death.statusId())
            .hint(
                code == 0
                    ? null
                    : signal
                        ? "a JVM that "
                            + SignalNames.signal(code - 128)
                            + " shuts down has this status too"
                        : "code called System.exit, halt or _exit, or main threw an exception")
            .cause(death.evidence.last(Event.Exit.class).orElse(null))
            .build());
  }

  private Category category() {
    return code == 0 ? Category.CLEAN : Category.EXIT;
  }
}
