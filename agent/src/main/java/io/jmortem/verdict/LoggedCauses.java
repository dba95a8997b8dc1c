// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.hserr.HsErrFrame;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.hserr.HsErrThread;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A crash that only HotSpot's log shows. The log may be cut off anywhere: what it does not say is
 * unknown.
 */
final class LoggedCauses {

  private static final Pattern FILE = Pattern.compile("^Internal Error \\(([^:()]+):\\d+\\)");

  private final Death death;

  LoggedCauses(Death death) {
    this.death = death;
  }

  /** HotSpot calls abort() after it has written its log; an abort() by a library leaves no log. */
  Optional<Verdict> fromLogAlone() {
    return death
        .hsErr
        .filter(log -> endsLikeACrash() && !death.isAfterAbort())
        // with kernel evidence the crash would be known, so an empty log proves nothing
        .filter(log -> log.headline() != null || !death.evidence.hasKernelEvidence())
        .map(log -> log.headline() == null ? withoutHeadline(log) : verdict(log));
  }

  private Verdict withoutHeadline(HsErrLog log) {
    return log.isOutOfMemory()
        ? fromLog(log, Category.VM_ERROR, "native memory ran out")
            .hint(CrashCauses.NO_NATIVE_MEMORY)
            .build()
        : fromLog(log, Category.VM_CRASH, "HotSpot found a fatal error that it did not name")
            .hint("hs_err ends after its first lines; its file system may be full")
            .build();
  }

  private Verdict verdict(HsErrLog log) {
    if (isSent(log)) {
      return isOwn(log) ? raisedByItself(log) : sentByOther(log);
    } else if (isAbortOfFirstProcess(log)) {
      return abort(log);
    }
    return log.signo() == 0 ? vmError(log) : crash(log);
  }

  /**
   * After an error report, HotSpot calls abort(), or exits with status 1 if no core is allowed. A
   * process that ended in another way did not end by the crash in this log: the log may be that of
   * an earlier process with the same pid. But without kernel evidence, a signal may have ended the
   * process while it wrote the log.
   */
  private boolean endsLikeACrash() {
    return death.endedByAbort()
        || death.status.map(end -> end.code() == 1).orElse(true)
        || (endedBySignal()
            // HotSpot starts this command after the log; the command may end the process
            && (death.flagValue(OnErrorCommand.ERROR + "=").isPresent()
                || !death.evidence.hasKernelEvidence()));
  }

  private boolean endedBySignal() {
    return death.status.map(end -> end.signo() != 0).orElse(false);
  }

  /**
   * Sent by kill() and the like: {@code SI_USER}, {@code SI_TKILL}. Codes of faults are above 0.
   */
  private static boolean isSent(HsErrLog log) {
    Integer code = log.signalCode();
    return log.signo() != 0
        && (code == null
            ? log.headline() != null && log.headline().contains("(sent by kill)")
            : code <= 0);
  }

  private boolean isOwn(HsErrLog log) {
    return death
        .sent(log.signo())
        .map(death::isOwn)
        .or(() -> LoggedSender.of(death).map(LoggedSender::isSelf))
        .orElse(false);
  }

  /**
   * The SIGABRT of its own abort() does not end the first process of a pid namespace. Then abort()
   * executes an illegal instruction, and HotSpot reports that fault.
   */
  private boolean isAbortOfFirstProcess(HsErrLog log) {
    String frame = log.problematicFrame() == null ? "" : log.problematicFrame();
    return death.isFirstOfItsNamespace() && frame.contains(" abort+") && frame.contains("libc");
  }

  private static Verdict abort(HsErrLog log) {
    return Verdict.of(
            Category.NATIVE_ABORT,
            Confidence.LIKELY,
            "native code called abort()"
                + inThread(log)
                + "; SIGABRT does not end the first process of a pid namespace, and HotSpot"
                + " reported "
                + SignalNames.signal(log.signo())
                + code(log)
                + " in abort()")
        .because("hs_err of this process names the problematic frame " + log.problematicFrame())
        .hint(AbortCauses.HINT)
        .thread(log.failedThread())
        .build();
  }

  private Verdict raisedByItself(HsErrLog log) {
    LoggedHandlers handlers = LoggedHandlers.of(log);
    Verdict.Builder verdict =
        fromLog(
                log,
                Category.FATAL_SIGNAL,
                SignalNames.signal(log.signo()) + handlers.raised() + inThread(log))
            .because("the siginfo in hs_err says so: " + log.siginfo())
            .hint(handlers.hint())
            .kind(handlers.kind())
            .thread(log.failedThread());
    handlers.reason().ifPresent(verdict::because);
    return verdict.build();
  }

  private Verdict sentByOther(HsErrLog log) {
    return fromLog(
            log,
            Category.KILLED,
            SignalNames.signal(log.signo())
                + " was sent by "
                + death
                    .sent(log.signo())
                    .map(Senders::name)
                    .or(() -> LoggedSender.of(death).map(LoggedSender::words))
                    .orElse("an unknown process"))
        .because(
            log.siginfo() == null
                ? "the headline of hs_err says that the signal was sent"
                : "the siginfo in hs_err says so: " + log.siginfo())
        .hint("find out why the sender sent the signal")
        .sender(death.sent(log.signo()).orElse(null))
        .build();
  }

  private Verdict crash(HsErrLog log) {
    Optional<MappedFileFault> file = MappedFileFault.of(death, log);
    Verdict.Builder verdict =
        fromLog(
            log,
            Category.VM_CRASH,
            SignalNames.signal(log.signo())
                + code(log)
                + inThread(log)
                + jniFunction(log).map(name -> ", which called JNI " + name).orElse("")
                + file.map(MappedFileFault::clause).orElse(""));
    accessError(log).ifPresent(verdict::because);
    file.flatMap(MappedFileFault::reason).ifPresent(verdict::because);
    LoggedHandlers.of(log).reason().ifPresent(verdict::because);
    return verdict
        .hint(
            file.map(MappedFileFault::hint)
                .or(() -> accessError(log).map(said -> ACCESS_HINT))
                .orElseGet(() -> frameHint(log)))
        .kind(jniFunction(log).map(name -> "JNI " + name).orElse(null))
        .thread(log.failedThread())
        .build();
  }

  /** The code and the address of a fault, if the log has them and they are meaningful. */
  private static String code(HsErrLog log) {
    if (log.signalCode() == null) {
      return "";
    }
    String name = SignalNames.code(log.signo(), log.signalCode());
    boolean hasAddress = Faults.hasAddress(log.signalCode()) && log.faultAddress() != null;
    return " (" + name + ")" + (hasAddress ? " at " + log.faultAddress() : "");
  }

  private Verdict vmError(HsErrLog log) {
    Optional<String> which = outOfMemoryError(log);
    String what = log.message() == null ? log.headline() : log.message();
    return fromLog(
            log,
            Category.VM_ERROR,
            which
                .map(
                    error ->
                        CrashCauses.outOfMemoryError(error) + inThread(log) + " ended the process")
                .orElse("HotSpot reported a fatal error without a fault: " + what + inThread(log)))
        .hint(
            which
                .map(CrashCauses::memoryHint)
                .orElse(log.isOutOfMemory() ? CrashCauses.NO_NATIVE_MEMORY : null))
        .kind(kind(log).orElse(null))
        .thread(log.failedThread())
        .build();
  }

  /**
   * A verdict in our own words, not with the log's headline, which is made for HotSpot's
   * developers.
   *
   * <p>If the siginfo is cut off, the signal may have been sent by anybody.
   */
  private Verdict.Builder fromLog(HsErrLog log, Category category, String what) {
    boolean isError = log.isOutOfMemory() || (log.headline() != null && log.signo() == 0);
    boolean isUnclear = !isError && !log.hasSiginfo();
    boolean isKilled = endedBySignal() && !death.endedByAbort();
    String end =
        isKilled
            ? "; "
                + SignalNames.signal(death.status.get().signo())
                + " ended the process "
                + (log.complete() ? "after hs_err was complete" : "before hs_err was complete")
            : "";
    Verdict.Builder verdict =
        Verdict.of(
                category,
                isUnclear ? Confidence.POSSIBLE : Confidence.LIKELY,
                what + ", according to hs_err" + end)
            .because(
                "hs_err of this process says so; no kernel evidence shows HotSpot's error report");
    if (isUnclear) {
      verdict.because(
          "hs_err is cut off before it says whether the signal was a fault or was sent");
    }
    return isKilled
        ? verdict.because(
            "the exit status shows the signal that ended the process" + death.statusId())
        : verdict;
  }

  private static String inThread(HsErrLog log) {
    HsErrThread thread = log.currentThread();
    return thread == null
        ? ""
        : " in thread \""
            + (thread.name().isEmpty() ? thread.kind() : thread.name())
            + "\" ("
            + thread.id()
            + ")";
  }

  // ---- used by other rules

  static final String ACCESS_HINT =
      "check the mapped file: it was truncated or replaced in place, or its disk failed";

  /** HotSpot's own explanation of the address, below {@code siginfo}. */
  static Optional<String> accessError(HsErrLog log) {
    return Optional.ofNullable(log.details().accessError()).map(said -> "hs_err says: " + said);
  }

  /** The JNI function that native code called, if the failure is inside it, by the stack. */
  private static Optional<String> jniFunction(HsErrLog log) {
    return log.topFrames().stream()
        .takeWhile(frame -> frame.library() != null && DyingThread.isRuntime(frame.library()))
        .filter(frame -> frame.kind() == HsErrFrame.Kind.VM && frame.function() != null)
        .map(frame -> DyingThread.JNI_FUNCTION.matcher(frame.function()))
        .filter(Matcher::matches)
        .map(matcher -> matcher.group(1))
        .reduce((newer, older) -> older);
  }

  static @Nullable String frameHint(HsErrLog log) {
    String frame = log.problematicFrame() == null ? "" : log.problematicFrame();
    return switch (frame.isEmpty() ? ' ' : frame.charAt(0)) {
      case 'C' ->
          "the fault is in native code, at "
              + frame
              + "; look there for a pointer that is not valid";
      case 'V' ->
          "the fault is in libjvm: look for a HotSpot bug, or for memory damage by Unsafe or JNI"
              + " code";
      case 'J', 'j' ->
          "the fault is in Java code: look for Unsafe with a wrong address, or for a JIT bug";
      default -> null;
    };
  }

  /** The OutOfMemoryError that was fatal, such as {@code Java heap space}; empty if it was none. */
  static Optional<String> outOfMemoryError(HsErrLog log) {
    String message = log.message() == null ? "" : log.message();
    int at = message.indexOf(CrashCauses.OUT_OF_MEMORY);
    return at < 0
        ? Optional.empty()
        : Optional.of(
            message.substring(at + CrashCauses.OUT_OF_MEMORY.length()).replaceFirst("^:?\\s*", ""));
  }

  /** The kind of an error without signal; equal to that of a death with kernel evidence. */
  static Optional<String> kind(HsErrLog log) {
    Optional<String> error = outOfMemoryError(log);
    if (error.isPresent()) {
      return error.map(which -> "OutOfMemoryError " + which);
    } else if (log.isOutOfMemory()) {
      return Optional.of(CrashCauses.OUT_OF_NATIVE_MEMORY);
    }
    Matcher file = FILE.matcher(log.headline());
    return Optional.ofNullable(log.message())
        .map(words -> CrashCauses.kind(file.find() ? file.group(1) : "", words));
  }
}
