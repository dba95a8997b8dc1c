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

/**
 * HotSpot's log is the only witness of a crash. It may be cut off anywhere: what it does not say is
 * not known.
 */
final class LoggedCauses {

  private static final Pattern FILE = Pattern.compile("^Internal Error \\(([^:()]+):\\d+\\)");

  private final Death death;

  LoggedCauses(Death death) {
    this.death = death;
  }

  /** HotSpot's own abort comes after its log; a library's leaves none. */
  Optional<Verdict> fromLogAlone() {
    return death
        .hsErr
        .filter(log -> endsLikeACrash() && !death.isAfterAbort())
        // where the crash would have been seen, a log that says nothing is no evidence
        .filter(log -> log.headline() != null || !death.evidence.hasKernelEvidence())
        .map(log -> log.headline() == null ? withoutHeadline(log) : verdict(log));
  }

  private Verdict withoutHeadline(HsErrLog log) {
    return log.isOutOfMemory()
        ? fromLog(log, Category.VM_ERROR, "native memory ran out")
            .hint(CrashCauses.NO_NATIVE_MEMORY)
            .build()
        : fromLog(log, Category.VM_CRASH, "HotSpot could not say which fatal error it had found")
            .hint("the log breaks off where it begins: its file system may be full")
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
   * HotSpot ends by abort(), or with status 1 where it must not leave a core. Whatever ended
   * otherwise did not end by the crash in this log, which may be a predecessor's of the same pid;
   * but where nobody could see the crash itself, a signal has ended the writing.
   */
  private boolean endsLikeACrash() {
    return death.endedByAbort()
        || death.status.map(end -> end.code() == 1).orElse(true)
        || (endedBySignal()
            // its command is started when the log is written, and may end the process
            && (death.flagValue(OnErrorCommand.ERROR + "=").isPresent()
                || !death.evidence.hasKernelEvidence()));
  }

  private boolean endedBySignal() {
    return death.status.map(end -> end.signo() != 0).orElse(false);
  }

  /** By kill() and the like: {@code SI_USER}, {@code SI_TKILL}; a fault's code is greater. */
  private static boolean isSent(HsErrLog log) {
    Integer code = log.signalCode();
    return log.signo() != 0
        && (code == null ? log.headline().contains("(sent by kill)") : code <= 0);
  }

  private boolean isOwn(HsErrLog log) {
    return death
        .sent(log.signo())
        .map(death::isOwn)
        .or(() -> LoggedSender.of(death).map(LoggedSender::isSelf))
        .orElse(false);
  }

  /**
   * The first process of a pid namespace survives the SIGABRT of its own abort(), which then runs
   * into an instruction that is not allowed: HotSpot reports that.
   */
  private boolean isAbortOfFirstProcess(HsErrLog log) {
    String frame = log.problematicFrame() == null ? "" : log.problematicFrame();
    return death.isFirstOfItsNamespace() && frame.contains(" abort+") && frame.contains("libc");
  }

  private static Verdict abort(HsErrLog log) {
    return Verdict.of(
            Category.NATIVE_ABORT,
            Confidence.LIKELY,
            "native code called abort(), which the first process of a pid namespace survives for a"
                + " moment; HotSpot's log: "
                + log.headline())
        .because("an hs_err log of this process: " + log.problematicFrame())
        .hint("the reason is mostly on stderr: an assertion, heap corruption, std::terminate")
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
            .because("its siginfo says so: " + log.siginfo())
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
                    .orElse("a process that was not seen"))
        .because(
            log.siginfo() == null
                ? "its head line says that it was sent"
                : "its siginfo says so: " + log.siginfo())
        .hint("ask the sender")
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

  /** The code and the address of a fault, as far as the log has them, and they mean something. */
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
                .orElse("HotSpot gave up without a fault: " + what + inThread(log)))
        .hint(
            which
                .map(CrashCauses::memoryHint)
                .orElse(log.isOutOfMemory() ? CrashCauses.NO_NATIVE_MEMORY : null))
        .kind(kind(log).orElse(null))
        .thread(log.failedThread())
        .build();
  }

  /**
   * In words of our own: its head line is made for its authors.
   *
   * <p>A signal whose siginfo is cut off may have been sent by anybody.
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
                + (log.complete() ? "after it had written that" : "before it had written all of it")
            : "";
    Verdict.Builder verdict =
        Verdict.of(
                category,
                isUnclear ? Confidence.POSSIBLE : Confidence.LIKELY,
                what + ", says HotSpot's own log" + end)
            .because("an hs_err log of this process; the kernel did not see the decision");
    if (isUnclear) {
      verdict.because("the log is cut off before it says whether the signal was a fault or sent");
    }
    return isKilled ? verdict.because("the exit status" + death.statusId()) : verdict;
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

  // ---- what others ask of a log

  static final String ACCESS_HINT =
      "a file that the VM has mapped was truncated or replaced in place, or its disk failed";

  /** What HotSpot itself says of the address below {@code siginfo}. */
  static Optional<String> accessError(HsErrLog log) {
    return Optional.ofNullable(log.details().accessError()).map(said -> "its log says: " + said);
  }

  /** Which one native code has called, if that is where it failed; of no more than the stack. */
  private static Optional<String> jniFunction(HsErrLog log) {
    return log.topFrames().stream()
        .takeWhile(frame -> frame.library() != null && DyingThread.isRuntime(frame.library()))
        .filter(frame -> frame.kind() == HsErrFrame.Kind.VM && frame.function() != null)
        .map(frame -> DyingThread.JNI_FUNCTION.matcher(frame.function()))
        .filter(Matcher::matches)
        .map(matcher -> matcher.group(1))
        .reduce((newer, older) -> older);
  }

  static String frameHint(HsErrLog log) {
    String frame = log.problematicFrame() == null ? "" : log.problematicFrame();
    return switch (frame.isEmpty() ? ' ' : frame.charAt(0)) {
      case 'C' -> "the fault is in native code: look at " + frame;
      case 'V' -> "the fault is in the VM itself: a bug there, or what Unsafe or JNI did to it";
      case 'J', 'j' ->
          "the fault is in Java code that touches memory directly: Unsafe, or a JIT bug";
      default -> null;
    };
  }

  /** Which error of Java's HotSpot gave up for, such as {@code Java heap space}, or null. */
  static Optional<String> outOfMemoryError(HsErrLog log) {
    String message = log.message() == null ? "" : log.message();
    int at = message.indexOf(CrashCauses.OUT_OF_MEMORY);
    return at < 0
        ? Optional.empty()
        : Optional.of(
            message.substring(at + CrashCauses.OUT_OF_MEMORY.length()).replaceFirst("^:?\\s*", ""));
  }

  /** Of an error that is no signal: as if HotSpot had been watched, so that both are the same. */
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
