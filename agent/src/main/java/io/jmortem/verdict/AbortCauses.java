// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.elf.CxxName;
import io.jmortem.evidence.Event;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hotspot.StackDump.Reason;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Native code called abort(), or HotSpot called it for native code. */
final class AbortCauses {

  static final String HINT =
      "read stderr, which usually names the reason: an assertion, heap corruption, std::terminate";

  private final Death death;

  AbortCauses(Death death) {
    this.death = death;
  }

  Optional<Verdict> abortCalled() {
    return death
        .evidence
        .first(Event.Abort.class, Event.Abort::first)
        // if SIGABRT was caught and the handler jumped out, the process survived
        .filter(abort -> death.status.isEmpty() || death.endedByAbort())
        .map(this::verdict);
  }

  private Verdict verdict(Event.Abort abort) {
    DyingThread thread = new DyingThread(death, abort.thread());
    Verdict.Builder verdict =
        reason()
            .map(reason -> withReason(abort, thread, reason))
            .orElseGet(() -> withoutReason(abort, thread))
            .because("abort() was called before HotSpot reported an error [" + abort.id() + "]")
            .cause(abort)
            .thread(abort.thread());
    reason()
        .ifPresent(
            reason ->
                verdict.because(
                    "the reason was found in the thread's memory ["
                        + death.evidence.stacksOfDeath().map(Event::id).orElse("")
                        + "]"));
    return verdict.build();
  }

  /** The call was not recorded, but the status is that of abort(). The walk may know the thread. */
  Verdict unseen() {
    Optional<StackDump.ThreadDump> found = death.foundThread();
    if (found.isEmpty()) {
      return withoutThread();
    }
    DyingThread thread = new DyingThread(death, found.get());
    Event.Abort abort =
        new Event.Abort("", 0, Event.ThreadIds.UNKNOWN, true, null, null, null, Map.of());
    return reason()
        .map(reason -> withReason(abort, thread, reason))
        .orElseGet(() -> withoutReason(abort, thread))
        .because("the exit status is that of an abort()" + death.statusId())
        .because("abort() is on that thread's stack " + death.stacksId())
        .thread(found.get().nativeId())
        .build();
  }

  /** A sent SIGABRT gives the same status, except for the first process of a pid namespace. */
  private Verdict withoutThread() {
    boolean isSignal = death.endedBy(Death.SIGABRT);
    boolean isOnNoStack =
        death.searchFor(StackDump.Search.ABORT).map(StackDump.Search::all).orElse(false);
    if (isSignal && isOnNoStack) {
      return Verdict.of(
              Category.FATAL_SIGNAL,
              Confidence.LIKELY,
              "SIGABRT ended the process, and no thread is in abort(): the signal was sent or"
                  + " raised;"
                  + " the sender is unknown")
          .because("the exit status says SIGABRT" + death.statusId())
          .because("abort() is on no thread's stack " + death.stacksId())
          .hint("check what may send SIGABRT: systemd's WatchdogSec=, kill -ABRT, raise()")
          .build();
    }
    return Verdict.of(
            Category.NATIVE_ABORT,
            isSignal ? Confidence.POSSIBLE : Confidence.LIKELY,
            isSignal
                ? "SIGABRT ended the process: either native code called abort(), or the signal was"
                    + " sent; which of the two is unknown"
                : "native code called abort(); the thread is unknown")
        .because("the exit status is that of an abort()" + death.statusId())
        .hint(HINT)
        .build();
  }

  private Optional<Reason> reason() {
    return death
        .evidence
        .stacksOfDeath()
        .flatMap(stacks -> Optional.ofNullable(stacks.dump().reason()));
  }

  private Confidence confidence() {
    boolean isSeen = death.evidence.first(Event.Abort.class).isPresent();
    return isSeen && death.endedByAbort() ? Confidence.CERTAIN : Confidence.LIKELY;
  }

  private Verdict.Builder withReason(Event.Abort abort, DyingThread thread, Reason reason) {
    return switch (reason.kind()) {
      case Reason.JNI_FATAL_ERROR -> jniFatalError(thread, reason);
      case Reason.JNI_CHECK -> jniCheck(thread, reason);
      case Reason.CXX_EXCEPTION -> exception(thread, reason);
      case Reason.CXX_TERMINATE -> terminate(thread);
      default -> withoutReason(abort, thread);
    };
  }

  private Verdict.Builder jniFatalError(DyingThread thread, Reason reason) {
    String library = thread.library(null).orElse("native code");
    return Verdict.of(
            Category.NATIVE_ABORT,
            confidence(),
            "JNI FatalError in " + thread.method().orElse(library) + messageOf(reason))
        .hint(library + " called JNI FatalError; its message names the reason")
        .kind("JNI FatalError");
  }

  private Verdict.Builder jniCheck(DyingThread thread, Reason reason) {
    String function = thread.jniFunction().map(name -> "JNI " + name).orElse("JNI");
    String library = thread.library(null).orElse("native code");
    return Verdict.of(
            Category.NATIVE_ABORT,
            confidence(),
            "-Xcheck:jni found an error in "
                + thread.method().orElse(library)
                + messageOf(reason)
                + ", in "
                + function)
        .hint(library + " used " + function + " incorrectly; read HotSpot's message on stdout")
        .kind("-Xcheck:jni " + function);
  }

  private Verdict.Builder exception(DyingThread thread, Reason reason) {
    String type = reason.type() == null ? "of a type unknown" : CxxName.ofType(reason.type());
    return Verdict.of(
            Category.NATIVE_ABORT,
            confidence(),
            "an uncaught C++ exception, "
                + type
                + messageOf(reason)
                + ", in "
                + location(thread, null))
        .hint(
            "the exception left its thread's function, a noexcept function or a destructor"
                + " (std::terminate); read its what() on stderr")
        .kind("C++ " + type);
  }

  private Verdict.Builder terminate(DyingThread thread) {
    return Verdict.of(
            Category.NATIVE_ABORT,
            confidence(),
            "std::terminate ended the process, in " + location(thread, null))
        .hint(
            "no exception was found: the code called std::terminate, destroyed a joinable"
                + " std::thread, or called a pure virtual function; read stderr")
        .kind("std::terminate");
  }

  private Verdict.Builder withoutReason(Event.Abort abort, DyingThread thread) {
    return thread.isEndedByTheVm(abort.caller()) ? byHotSpot(thread) : byNativeCode(abort, thread);
  }

  /** HotSpot had an error, with or without a fault, or native code asked it to abort. */
  private Verdict.Builder byHotSpot(DyingThread thread) {
    Optional<String> noLog = death.evidence.noLog();
    return Verdict.of(
            Category.VM_CRASH, // the most frequent of the possible categories
            Confidence.POSSIBLE,
            "HotSpot itself called abort() in "
                + thread.described()
                + thread.atMethod()
                + "; the reason was not recorded")
        .because("code of libjvm called abort()")
        .hint(
            noLog
                .map(why -> "hs_err would name the reason, but there is none: " + why)
                .orElse(
                    "read HotSpot's message on stdout: JNI FatalError, -Xcheck:jni, or an error of"
                        + " HotSpot's own"))
        .kind("abort by HotSpot");
  }

  private Verdict.Builder byNativeCode(Event.Abort abort, DyingThread thread) {
    String message = abort.message() == null ? "" : abort.message().strip();
    Optional<String> library = thread.library(abort.caller());
    return Verdict.of(
            Category.NATIVE_ABORT,
            confidence(),
            "native code"
                + library.map(name -> " in " + name).orElse("")
                + " called abort() in "
                + thread.described()
                + thread.atMethod()
                + (message.isEmpty() ? "" : ": " + withoutFullStop(message)))
        .hint(hint(abort, message, library));
  }

  private String hint(Event.Abort abort, String message, Optional<String> library) {
    String caller = death.library(abort.caller());
    if (caller.startsWith("libstdc++") || caller.startsWith("libc++")) {
      return "a C++ exception was not caught (std::terminate); read its what() on stderr";
    }
    if (!message.isEmpty()) {
      return message.contains("Assertion")
          ? "check the failed assertion in " + library.orElse("the native code of that thread")
          : "check "
              + library.orElse("the native code of that thread")
              + " for writes beyond the end of a block, and for double frees; AddressSanitizer"
              + " finds the place";
    }
    return HINT;
  }

  private static String location(DyingThread thread, @Nullable String caller) {
    return thread.library(caller).map(library -> library + ", ").orElse("")
        + thread.described()
        + thread.atMethod();
  }

  private static String messageOf(Reason reason) {
    return reason.message() == null ? "" : ": " + withoutFullStop(reason.message().strip());
  }

  /** Other clauses follow the message. */
  private static String withoutFullStop(String message) {
    return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
  }
}
