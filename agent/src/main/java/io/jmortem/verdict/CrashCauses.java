// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;

/** HotSpot gave up: a fault that it could not handle, or an error of its own. */
final class CrashCauses {

  /** {@code VMErrorType} of HotSpot: ids that are no signals begin here. */
  private static final long INTERNAL_ERROR = 0xe0000000L;

  private static final String NO_NATIVE_MEMORY =
      "native memory ran out: look at the cgroup, the limits and the VM's options";

  private final Death death;

  CrashCauses(Death death) {
    this.death = death;
  }

  Optional<Verdict> declaredByHotSpot() {
    return death
        .evidence
        .first(Event.FatalError.class, Event.FatalError::first)
        .map(error -> isVmError(error) ? vmError(error) : fault(error));
  }

  /** A marker that does not see the error's id relies on the log for what is no fault. */
  private boolean isVmError(Event.FatalError error) {
    if (error.errorId() >= INTERNAL_ERROR) {
      return true;
    }
    boolean logSaysSo =
        !"uprobe".equals(error.marker())
            && death.hsErr.map(log -> log.headline() != null && log.signo() == 0).orElse(false);
    return logSaysSo || (error.fault() == null && error.errorId() == 0);
  }

  private Verdict fault(Event.FatalError error) {
    Event.Fault fault = error.fault();
    if (fault == null || fault.code() > 0) {
      return crash(error, fault);
    }
    Optional<Event.SignalSent> sender = death.sent(fault.signo());
    return sender.filter(sent -> !death.isOther(sent)).isPresent()
        ? raised(error, fault, sender.get())
        : sentToIt(error, fault, sender);
  }

  private Verdict raised(Event.FatalError error, Event.Fault fault, Event.SignalSent sent) {
    return Verdict.of(
            Category.FATAL_SIGNAL,
            Confidence.CERTAIN,
            SignalNames.signal(fault.signo())
                + " was raised by the process itself in thread "
                + death.quoted(error.thread()))
        .because("HotSpot declared the signal fatal [" + error.id() + "]")
        .because("a thread of the process sent it [" + sent.id() + "]")
        .hint(
            "raise(), pthread_kill(), or HotSpot itself: a safepoint or handshake that took too"
                + " long")
        .cause(error)
        .fault(fault)
        .thread(error.thread())
        .build();
  }

  private Verdict sentToIt(
      Event.FatalError error, Event.Fault fault, Optional<Event.SignalSent> sender) {
    String signal = SignalNames.signal(fault.signo());
    return Verdict.of(
            Category.KILLED,
            Confidence.CERTAIN,
            signal
                + " was sent by "
                + sender.map(Senders::name).orElse("a process that was not seen")
                + "; no fault of the JVM's own")
        .because(
            "HotSpot declared the signal fatal in thread "
                + death.quoted(error.thread())
                + " ["
                + error.id()
                + "]")
        .because(
            "its si_code "
                + SignalNames.code(fault.signo(), fault.code())
                + " says that a process sent it")
        .hint("ask the sender")
        .cause(error)
        .fault(fault)
        .sender(sender.orElse(null))
        .thread(error.thread())
        .build();
  }

  private Verdict crash(Event.FatalError error, Event.Fault fault) {
    int signo = fault == null ? (int) error.errorId() : fault.signo();
    return Verdict.of(
            Category.VM_CRASH,
            fault == null ? Confidence.LIKELY : Confidence.CERTAIN,
            SignalNames.signal(signo)
                + Faults.text(fault)
                + " in thread "
                + death.quoted(error.thread())
                + ", declared fatal by HotSpot")
        .because(
            fault == null
                ? "HotSpot entered its error reporting [" + error.id() + "]; the fault was not seen"
                : "the kernel delivered the fault, and HotSpot entered its error reporting ["
                    + error.id()
                    + "]")
        .hint(death.hsErr.map(CrashCauses::frameHint).orElse(null))
        .cause(error)
        .fault(fault)
        .thread(error.thread())
        .build();
  }

  private static String frameHint(HsErrLog log) {
    String frame = log.problematicFrame() == null ? "" : log.problematicFrame();
    return switch (frame.isEmpty() ? ' ' : frame.charAt(0)) {
      case 'C' -> "the fault is in native code: look at " + frame;
      case 'V' -> "the fault is in the VM itself: a bug there, or what Unsafe or JNI did to it";
      case 'J', 'j' ->
          "the fault is in Java code that touches memory directly: Unsafe, or a JIT bug";
      default -> null;
    };
  }

  private Verdict vmError(Event.FatalError error) {
    String what =
        death
            .hsErr
            .map(log -> log.message() != null ? log.message() : log.headline())
            .or(() -> Optional.ofNullable(error.message()).map(m -> m + detail(error)))
            .orElse("an error of its own");
    String where = error.file() == null ? "" : " (" + error.file() + ":" + error.line() + ")";
    return Verdict.of(
            Category.VM_ERROR,
            error.errorId() >= INTERNAL_ERROR || death.hsErr.isPresent()
                ? Confidence.CERTAIN
                : Confidence.LIKELY,
            "HotSpot gave up without a fault: " + what + where)
        .because("HotSpot entered its error reporting with no fault [" + error.id() + "]")
        .hint(hint(error))
        .cause(error)
        .thread(error.thread())
        .build();
  }

  private String hint(Event.FatalError error) {
    if (death.hasFlag("-XX:+CrashOnOutOfMemoryError")
        && String.valueOf(error.message()).contains("heap")) {
      return "-XX:+CrashOnOutOfMemoryError asked for it: look at the heap and who fills it";
    }
    return death.hsErr.map(HsErrLog::isOutOfMemory).orElse(false) ? NO_NATIVE_MEMORY : null;
  }

  /** The format is all that is known of the details where there is no log. */
  private static String detail(Event.FatalError error) {
    return error.detail() == null ? "" : ": " + error.detail();
  }

  /**
   * The log is the only witness where no marker was seen. HotSpot's own abort comes after it; a
   * library's leaves none.
   */
  Optional<Verdict> toldByTheLogAlone() {
    return death
        .hsErr
        .filter(log -> log.headline() != null && endsLikeACrash() && !isAfterAbort())
        .map(
            log ->
                isSent(log)
                    ? sentByLog(log)
                    : isAbortOfFirstProcess(log) ? abortByLog(log) : crashByLog(log));
  }

  /**
   * The first process of a pid namespace survives the SIGABRT of its own abort(), which then runs
   * into an instruction that is not allowed: HotSpot reports that.
   */
  private boolean isAfterAbort() {
    return death.evidence.first(Event.Abort.class, Event.Abort::first).isPresent()
        && death.evidence.first(Event.FatalError.class).isPresent();
  }

  private boolean isAbortOfFirstProcess(HsErrLog log) {
    String frame = log.problematicFrame() == null ? "" : log.problematicFrame();
    return death.isFirstOfItsNamespace() && frame.contains(" abort+") && frame.contains("libc");
  }

  private static Verdict abortByLog(HsErrLog log) {
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

  /**
   * HotSpot ends by abort(), or with status 1 where it must not leave a core. Whatever ended
   * otherwise did not end by the crash in this log, which may be a predecessor's of the same pid.
   */
  private boolean endsLikeACrash() {
    return death.endedByAbort() || death.status.map(end -> end.code() == 1).orElse(true);
  }

  private static boolean isSent(HsErrLog log) {
    String siginfo = log.siginfo() == null ? "" : log.siginfo();
    return siginfo.contains("(SI_USER)") || log.headline().contains("(sent by kill)");
  }

  private Verdict sentByLog(HsErrLog log) {
    Optional<Event.SignalSent> sender = death.sent(log.signo());
    return Verdict.of(
            Category.KILLED,
            Confidence.LIKELY,
            SignalNames.signal(log.signo())
                + " was sent by "
                + sender.map(Senders::name).orElse("a process that was not seen")
                + ", says HotSpot's own log")
        .because("an hs_err log of this process: " + log.siginfo())
        .hint("ask the sender")
        .sender(sender.orElse(null))
        .build();
  }

  private static Verdict crashByLog(HsErrLog log) {
    return Verdict.of(
            log.signo() != 0 ? Category.VM_CRASH : Category.VM_ERROR,
            Confidence.LIKELY,
            "HotSpot's own log: " + log.headline())
        .because("an hs_err log of this process; the kernel did not see the decision")
        .hint(log.isOutOfMemory() ? NO_NATIVE_MEMORY : frameHint(log))
        .thread(log.failedThread())
        .build();
  }
}
