// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.hserr.HsErrThread;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** HotSpot's log is the only witness. */
final class LoggedCauses {

  private static final Pattern CODE = Pattern.compile("si_code[:=] ?-?\\d+ \\((\\w+)\\)");

  private static final Pattern ADDRESS = Pattern.compile("si_addr: (0x\\p{XDigit}+)");

  private final Death death;

  LoggedCauses(Death death) {
    this.death = death;
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
            "native code called abort()"
                + in(log)
                + "; the first process of a pid namespace survives it for a moment, which HotSpot"
                + " took for a crash")
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
    return death.endedByAbort()
        || death.status.map(end -> end.code() == 1).orElse(true)
        // its command is started when the log is written, and may end the process
        || (death.flagValue(OwnCommand.ERROR + "=").isPresent()
            && death.status.map(end -> end.signo() != 0).orElse(false));
  }

  /** Codes of faults, and the kernel's own, are positive (sigaction(2)). */
  private static boolean isSent(HsErrLog log) {
    Integer code = log.signalCode();
    return log.signo() != 0
        && (code == null ? log.headline().contains("(sent by kill)") : code <= 0);
  }

  private Verdict sentByLog(HsErrLog log) {
    Optional<Event.SignalSent> seen = death.sent(log.signo());
    Optional<LoggedSender> logged = LoggedSender.of(death);
    String signal = SignalNames.signal(log.signo());
    if (seen.map(death::isOwn).orElse(logged.map(LoggedSender::isSelf).orElse(false))) {
      return Verdict.of(
              Category.FATAL_SIGNAL,
              Confidence.LIKELY,
              signal + " was raised by the process itself" + in(log) + ", says HotSpot's own log")
          .because("an hs_err log of this process: " + log.siginfo())
          .hint(CrashCauses.RAISED)
          .thread(log.failedThread())
          .build();
    }
    return Verdict.of(
            Category.KILLED,
            Confidence.LIKELY,
            signal
                + " was sent by "
                + seen.map(Senders::name)
                    .or(() -> logged.map(LoggedSender::words))
                    .orElse("a process that was not seen")
                + ", says HotSpot's own log")
        .because("an hs_err log of this process: " + log.siginfo())
        .hint("ask the sender")
        .sender(seen.orElse(null))
        .build();
  }

  /** In words of our own: its head line is made for its authors. */
  private static String told(HsErrLog log) {
    if (log.signo() == 0) {
      String what = log.message() == null ? log.headline() : log.message();
      return "HotSpot gave up without a fault: " + what + in(log) + ", says its own log";
    }
    Matcher code = CODE.matcher(String.valueOf(log.siginfo()));
    Matcher address = ADDRESS.matcher(String.valueOf(log.siginfo()));
    return SignalNames.signal(log.signo())
        + (code.find() ? " (" + code.group(1) + ")" : "")
        + (address.find() ? " at 0x" + address.group(1).replaceFirst("^0x0*(?=.)", "") : "")
        + in(log)
        + ", says HotSpot's own log";
  }

  /** The thread, as a clause; empty if the log does not name it. */
  private static String in(HsErrLog log) {
    HsErrThread thread = log.currentThread();
    return thread == null
        ? ""
        : " in thread \""
            + (thread.name().isEmpty() ? thread.kind() : thread.name())
            + "\" ("
            + thread.id()
            + ")";
  }

  private Verdict crashByLog(HsErrLog log) {
    Matcher address = ADDRESS.matcher(String.valueOf(log.siginfo()));
    Optional<MappedFileFault> file =
        address.find()
            ? MappedFileFault.of(death, log.signo(), address.group(1), 0)
            : Optional.empty();
    return Verdict.of(
            log.signo() != 0 ? Category.VM_CRASH : Category.VM_ERROR,
            Confidence.LIKELY,
            told(log) + file.map(MappedFileFault::clause).orElse(""))
        .because("an hs_err log of this process; the kernel did not see the decision")
        .hint(
            file.map(MappedFileFault::hint)
                .orElseGet(
                    () ->
                        log.isOutOfMemory()
                            ? CrashCauses.NO_NATIVE_MEMORY
                            : CrashCauses.frameHint(log)))
        .thread(log.failedThread())
        .build();
  }
}
