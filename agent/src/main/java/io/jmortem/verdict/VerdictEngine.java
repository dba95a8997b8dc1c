// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The table of causes. Each rule answers for one way to die, or not at all; the first answer
 * counts. Earlier rules are about what came first: a SIGSEGV that ends as a SIGABRT is a crash.
 */
public final class VerdictEngine {

  /** {@code VMErrorType} of HotSpot: ids that are no signals begin here. */
  private static final long INTERNAL_ERROR = 0xe0000000L;

  private static final int SI_KERNEL = 128;
  private static final Set<Integer> SHUTDOWN_SIGNALS = Set.of(1, 2, 15);
  private static final int SIGABRT = 6;
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  private final Evidence evidence;
  private final Optional<HsErrLog> hsErr;
  private final Optional<Event.Exit> exit;
  private final Optional<ExitStatus> status;

  private VerdictEngine(Evidence evidence, Optional<HsErrLog> hsErr) {
    this.evidence = evidence;
    this.hsErr = hsErr;
    this.exit = evidence.last(Event.Exit.class);
    this.status = exit.map(event -> ExitStatus.of(event.status()));
  }

  /** Decides. Never fails; what nothing explains is unknown. */
  public static Verdict decide(Evidence evidence, Optional<HsErrLog> hsErr) {
    VerdictEngine engine = new VerdictEngine(evidence, hsErr);
    return Stream.<Supplier<Optional<Verdict>>>of(
            engine::vmGaveUp,
            engine::hsErrAlone,
            engine::abortCalled,
            engine::fatalSignal,
            engine::endedBySignal,
            engine::exited)
        .map(Supplier::get)
        .flatMap(Optional::stream)
        .findFirst()
        .orElseGet(engine::unknown);
  }

  // ---- rules

  private Optional<Verdict> vmGaveUp() {
    return evidence
        .first(Event.FatalError.class, Event.FatalError::first)
        .map(error -> isVmError(error) ? vmError(error) : vmCrash(error));
  }

  /** A marker that does not see the error's id relies on the log for what is no fault. */
  private boolean isVmError(Event.FatalError error) {
    if (error.errorId() >= INTERNAL_ERROR) {
      return true;
    }
    boolean logSaysSo =
        !"uprobe".equals(error.marker())
            && hsErr.map(log -> log.headline() != null && log.signo() == 0).orElse(false);
    return logSaysSo || (error.fault() == null && error.errorId() == 0);
  }

  private Verdict vmCrash(Event.FatalError error) {
    Event.Fault fault = error.fault();
    int signo = fault == null ? (int) error.errorId() : fault.signo();
    String signal = SignalNames.signal(signo);
    Optional<Event.SignalSent> sender =
        fault != null && fault.code() <= 0 ? sent(signo) : Optional.empty();
    String thread = quoted(error.thread());
    if (fault != null && fault.code() <= 0 && sender.map(sent -> !isOther(sent)).orElse(false)) {
      return new Verdict(
          Category.FATAL_SIGNAL,
          signal + " was raised by the process itself in thread " + thread,
          Confidence.CERTAIN,
          List.of(
              "HotSpot declared the signal fatal [" + error.id() + "]",
              "a thread of the process sent it [" + sender.get().id() + "]"),
          "raise(), pthread_kill(), or HotSpot itself: a safepoint or handshake that took too long",
          Optional.of(error),
          Optional.of(fault),
          Optional.empty());
    }
    if (fault != null && fault.code() <= 0) {
      return new Verdict(
          Category.KILLED,
          signal + " was sent by " + by(sender) + "; no fault of the JVM's own",
          Confidence.CERTAIN,
          List.of(
              "HotSpot declared the signal fatal in thread " + thread + " [" + error.id() + "]",
              "its si_code "
                  + SignalNames.code(signo, fault.code())
                  + " says that a process sent it"),
          "ask the sender",
          Optional.of(error),
          Optional.of(fault),
          sender);
    }
    return new Verdict(
        Category.VM_CRASH,
        signal + faultText(signo, fault) + " in thread " + thread + ", declared fatal by HotSpot",
        fault == null ? Confidence.LIKELY : Confidence.CERTAIN,
        List.of(
            fault == null
                ? "HotSpot entered its error reporting [" + error.id() + "]; the fault was not seen"
                : "the kernel delivered the fault, and HotSpot entered its error reporting ["
                    + error.id()
                    + "]"),
        hsErr.map(log -> log.problematicFrame() == null ? null : frameHint(log)).orElse(null),
        Optional.of(error),
        Optional.ofNullable(fault),
        Optional.empty());
  }

  private static String frameHint(HsErrLog log) {
    String frame = log.problematicFrame();
    return switch (frame.isEmpty() ? ' ' : frame.charAt(0)) {
      case 'C' -> "the fault is in native code: look at " + frame;
      case 'V' -> "the fault is in the VM itself: a bug there, or what Unsafe or JNI did to it";
      case 'J', 'j' ->
          "the fault is in Java code that touches memory directly: Unsafe, or a JIT bug";
      default -> null;
    };
  }

  private static String faultText(int signo, Event.Fault fault) {
    if (fault == null) {
      return "";
    }
    String access = access(fault).map(kind -> ", " + kind).orElse("");
    String where = hasAddress(fault) ? " at " + fault.address() : "";
    return " (" + SignalNames.code(signo, fault.code()) + access + ")" + where;
  }

  /** A general protection fault does not say which address it was about; nor does a sender. */
  public static boolean hasAddress(Event.Fault fault) {
    return fault.code() > 0 && fault.code() != SI_KERNEL;
  }

  /**
   * What the instruction did with the address: read, write or exec. From the error code of an x86
   * page fault (Intel SDM 3A 4.7).
   */
  public static Optional<String> access(Event.Fault fault) {
    if (fault.trapNumber() != 14 || !hasAddress(fault)) {
      return Optional.empty();
    }
    if ((fault.errorCode() & 16) != 0) {
      return Optional.of("exec");
    }
    return Optional.of((fault.errorCode() & 2) != 0 ? "write" : "read");
  }

  private Verdict vmError(Event.FatalError error) {
    String what =
        hsErr
            .map(log -> log.message() != null ? log.message() : log.headline())
            .or(() -> Optional.ofNullable(error.message()).map(m -> m + detail(error)))
            .orElse("an error of its own");
    boolean memory = hsErr.map(HsErrLog::isOutOfMemory).orElse(false);
    String where = error.file() == null ? "" : " (" + error.file() + ":" + error.line() + ")";
    return new Verdict(
        Category.VM_ERROR,
        "HotSpot gave up without a fault: " + what + where,
        Confidence.CERTAIN,
        List.of("HotSpot entered its error reporting with no fault [" + error.id() + "]"),
        memory
            ? "native memory ran out: look at the cgroup, the limits and the VM's options"
            : null,
        Optional.of(error),
        Optional.empty(),
        Optional.empty());
  }

  /** The format is all that is known of the details where there is no log. */
  private static String detail(Event.FatalError error) {
    return error.detail() == null ? "" : ": " + error.detail();
  }

  private Optional<Verdict> abortCalled() {
    return evidence
        .first(Event.Abort.class, Event.Abort::first)
        .map(
            abort -> {
              boolean died = status.map(s -> s.signo() == SIGABRT).orElse(false);
              return new Verdict(
                  Category.NATIVE_ABORT,
                  "native code called abort() in thread " + quoted(abort.thread()),
                  died ? Confidence.CERTAIN : Confidence.LIKELY,
                  List.of(
                      "abort() was entered before HotSpot had reported anything ["
                          + abort.id()
                          + "]"),
                  "the reason is mostly on stderr: an assertion, heap corruption, std::terminate",
                  Optional.of(abort),
                  Optional.empty(),
                  Optional.empty());
            });
  }

  /**
   * The log is the only witness where no marker was seen. HotSpot's own abort comes after it; a
   * library's leaves none.
   */
  private Optional<Verdict> hsErrAlone() {
    return hsErr
        .filter(log -> log.headline() != null && endsLikeACrash())
        .map(log -> isSent(log) ? sentByLog(log) : crashByLog(log));
  }

  /**
   * HotSpot ends by abort(), or with status 1 where it must not leave a core. Whatever ended
   * otherwise did not end by the crash in this log, which may be a predecessor's of the same pid.
   */
  private boolean endsLikeACrash() {
    return status.map(end -> end.signo() == SIGABRT || end.code() == 1).orElse(true);
  }

  private static boolean isSent(HsErrLog log) {
    String siginfo = log.siginfo() == null ? "" : log.siginfo();
    return siginfo.contains("(SI_USER)") || log.headline().contains("(sent by kill)");
  }

  private Verdict sentByLog(HsErrLog log) {
    Optional<Event.SignalSent> sender = sent(log.signo());
    return new Verdict(
        Category.KILLED,
        SignalNames.signal(log.signo()) + " was sent by " + by(sender) + ", says HotSpot's own log",
        Confidence.LIKELY,
        List.of("an hs_err log of this process: " + log.siginfo()),
        "ask the sender",
        Optional.empty(),
        Optional.empty(),
        sender);
  }

  private static Verdict crashByLog(HsErrLog log) {
    return new Verdict(
        log.signo() != 0 ? Category.VM_CRASH : Category.VM_ERROR,
        "HotSpot's own log: " + log.headline(),
        Confidence.LIKELY,
        List.of("an hs_err log of this process; the kernel did not see the decision"),
        frameHintOrNull(log),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static String frameHintOrNull(HsErrLog log) {
    return log.problematicFrame() == null ? null : frameHint(log);
  }

  private Optional<Verdict> fatalSignal() {
    return evidence
        .first(Event.FatalSignal.class)
        .map(
            signal -> {
              boolean fault = signal.code() != null && signal.code() > 0;
              Optional<Event.SignalSent> sender =
                  fault ? Optional.empty() : sent(signal.signo()).filter(this::isOther);
              if (sender.isPresent()) {
                return killed(signal.signo(), sender.get(), signal);
              }
              return ownSignal(signal);
            });
  }

  private Verdict ownSignal(Event.FatalSignal signal) {
    boolean abort = signal.signo() == SIGABRT;
    boolean twice = signal.fault() != null;
    String name = SignalNames.signal(signal.signo());
    String code =
        signal.code() == null ? "" : " (" + SignalNames.code(signal.signo(), signal.code()) + ")";
    return new Verdict(
        abort ? Category.NATIVE_ABORT : Category.FATAL_SIGNAL,
        abort
            ? "the process aborted itself in thread " + quoted(signal.thread())
            : name + code + " with its default action in thread " + quoted(signal.thread()),
        abort ? Confidence.LIKELY : Confidence.CERTAIN,
        List.of("the kernel delivered " + name + " to no handler [" + signal.id() + "]"),
        twice ? "the handler could not be called: mostly a native stack that overflowed" : null,
        Optional.of(signal),
        Optional.ofNullable(signal.fault()),
        Optional.empty());
  }

  private Optional<Verdict> endedBySignal() {
    if (status.isEmpty() || status.get().signo() == 0) {
      return Optional.empty();
    }
    int signo = status.get().signo();
    String name = SignalNames.signal(signo);
    Optional<Event.SignalSent> sender = sent(signo);
    if (sender.isPresent() && !sender.get().byKernel()) {
      return Optional.of(killed(signo, sender.get(), sender.get()));
    }
    if (sender.isPresent() && signo == SIGKILL) {
      return Optional.of(
          new Verdict(
              Category.OOM_KILLED,
              "the kernel itself sent SIGKILL, as its OOM killer does",
              Confidence.POSSIBLE,
              List.of("SIGKILL was sent by the kernel [" + sender.get().id() + "]"),
              "look at the kernel's log and the cgroup's memory.events",
              Optional.of(sender.get()),
              Optional.empty(),
              Optional.empty()));
    }
    return Optional.of(
        new Verdict(
            signo == SIGKILL || signo == SIGTERM ? Category.KILLED : Category.FATAL_SIGNAL,
            name + " ended the process; who sent it was not seen",
            Confidence.LIKELY,
            List.of("the exit status says " + name + exitId()),
            null,
            Optional.empty(),
            Optional.empty(),
            sender));
  }

  private Verdict killed(int signo, Event.SignalSent sender, Event cause) {
    return new Verdict(
        Category.KILLED,
        SignalNames.signal(signo) + " was sent by " + by(Optional.of(sender)),
        Confidence.CERTAIN,
        List.of(
            "the kernel saw the sender [" + sender.id() + "]",
            "the process ended by that signal" + exitId()),
        null,
        Optional.of(cause),
        Optional.empty(),
        Optional.of(sender));
  }

  private Optional<Verdict> exited() {
    if (status.isEmpty()) {
      return Optional.empty();
    }
    int code = status.get().code();
    // The JVM's own handlers answer SIGHUP, SIGINT and SIGTERM with an orderly exit.
    Optional<Event.SignalSent> sender =
        code > 128 && SHUTDOWN_SIGNALS.contains(code - 128) ? sent(code - 128) : Optional.empty();
    if (sender.isPresent()) {
      return Optional.of(
          new Verdict(
              Category.KILLED,
              SignalNames.signal(code - 128)
                  + " was sent by "
                  + by(sender)
                  + "; the JVM shut down with status "
                  + code,
              Confidence.LIKELY,
              List.of(
                  "the kernel saw the sender [" + sender.get().id() + "]",
                  "status " + code + " is that of a JVM that such a signal shuts down" + exitId()),
              null,
              Optional.of(sender.get()),
              Optional.empty(),
              sender));
    }
    return Optional.of(
        new Verdict(
            code == 0 ? Category.CLEAN : Category.EXIT,
            "the process exited with status " + code,
            Confidence.CERTAIN,
            List.of("the exit status" + exitId()),
            code == 0 ? null : "somebody called System.exit, halt or _exit, or main threw",
            exit.map(event -> event),
            Optional.empty(),
            Optional.empty()));
  }

  private Verdict unknown() {
    Optional<Event.SignalSent> killer = sent(SIGKILL);
    boolean bpf =
        evidence.first(Event.Armed.class).map(a -> !"agent".equals(a.level())).orElse(false);
    return new Verdict(
        killer.isPresent() ? Category.KILLED : Category.UNKNOWN,
        killer.isPresent()
            ? "SIGKILL was sent by " + by(killer) + "; how the process ended was not seen"
            : "the process has ended; nothing that was seen explains it",
        Confidence.POSSIBLE,
        killer
            .map(sent -> List.of("the kernel saw the sender [" + sent.id() + "]"))
            .orElse(List.of()),
        bpf ? null : "run it with privileges that let BPF be loaded",
        Optional.empty(),
        Optional.empty(),
        killer);
  }

  // ---- words

  private String exitId() {
    return exit.map(event -> " [" + event.id() + "]").orElse("");
  }

  /** The last one of its kind: what came before did not end the process. */
  private Optional<Event.SignalSent> sent(int signo) {
    return evidence
        .all(Event.SignalSent.class)
        .filter(sent -> sent.signo() == signo)
        .reduce((older, newer) -> newer);
  }

  private boolean isOther(Event.SignalSent sent) {
    return !sent.byKernel()
        && evidence
            .first(Event.Armed.class)
            .map(armed -> sent.thread() == null || sent.thread().tgid() != armed.pid())
            .orElse(true);
  }

  private static String by(Optional<Event.SignalSent> sender) {
    if (sender.isEmpty() || sender.get().thread() == null) {
      return "a process that was not seen";
    }
    Event.SignalSent sent = sender.get();
    if (sent.byKernel()) {
      return "the kernel (a terminal, a timer or a limit)";
    }
    String name = sent.executable() == null ? sent.thread().comm() : sent.executable();
    return name + " (pid " + pid(sent.thread()) + ", uid " + sent.uid() + ")";
  }

  /** As the helper sees it; a process outside its namespace has only the kernel's number. */
  private static int pid(Event.ThreadIds ids) {
    return ids.tgid() != 0 ? ids.tgid() : ids.kernelTgid();
  }

  private String quoted(Event.ThreadIds thread) {
    return thread == null
        ? "?"
        : "\""
            + evidence.javaName(thread.vtid()).orElse(thread.comm())
            + "\" ("
            + thread.vtid()
            + ")";
  }
}
