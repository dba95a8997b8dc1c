// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.hotspot.StackDump;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A signal ended the process, without an error report of HotSpot. */
final class SignalCauses {

  private static final int SIGSEGV = 11;
  private static final int SIGXCPU = 24;
  private static final int SIGXFSZ = 25;
  private static final int SIGSYS = 31;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final String OVERFLOW =
      "HotSpot's signal handler could not run; the usual reason is an overflow of a native stack";

  private final Death death;

  SignalCauses(Death death) {
    this.death = death;
  }

  // ---- a signal without a handler

  Optional<Verdict> deliveredToNoHandler() {
    return death.evidence.first(Event.FatalSignal.class).map(this::defaultAction);
  }

  private Verdict defaultAction(Event.FatalSignal signal) {
    boolean fault = signal.code() != null && signal.code() > 0;
    Event.Fault first = signal.fault();
    Optional<ForeignHandler> handler = ForeignHandler.of(death, first);
    if (first != null && handler.isPresent() && (fault || first.raisedAgain())) {
      return notHandled(signal, first, handler.get());
    }
    Optional<Event.SignalSent> sender = fault ? Optional.empty() : death.sent(signal.signo());
    if (sender.filter(death::isFromOther).isPresent()) {
      return killed(signal.signo(), sender.get(), signal);
    }
    return signal.signo() == Death.SIGABRT ? abortedItself(signal) : own(signal, sender);
  }

  private Verdict abortedItself(Event.FatalSignal signal) {
    return Verdict.of(
            Category.NATIVE_ABORT,
            Confidence.LIKELY,
            "the process aborted itself in " + new DyingThread(death, signal.thread()).described())
        .because(delivered(signal))
        .cause(signal)
        .thread(signal.thread())
        .build();
  }

  /** The first fault is the cause, whatever its handler did. */
  private Verdict notHandled(Event.FatalSignal signal, Event.Fault fault, ForeignHandler handler) {
    DyingThread thread = new DyingThread(death, signal.thread());
    return Verdict.of(
            Category.FATAL_SIGNAL,
            Confidence.CERTAIN,
            SignalNames.signal(fault.signo())
                + Faults.text(fault)
                + " in "
                + thread.described()
                + thread.atMethod()
                + handler.clause()
                + (fault.raisedAgain() ? " and raised again" : " and did not handle"))
        .because(
            "the kernel delivered the fault to a handler in "
                + handler.library()
                + ", and then took the default action of "
                + SignalNames.signal(signal.signo())
                + " ["
                + signal.id()
                + "]")
        .hint(handler.hint())
        .kind("taken by " + handler.library())
        .cause(signal)
        .fault(fault)
        .thread(signal.thread())
        .build();
  }

  private Verdict own(Event.FatalSignal signal, Optional<Event.SignalSent> sender) {
    String name = SignalNames.signal(signal.signo());
    // the code of the fault says more than the kernel's own, which means "no handler"
    String code =
        signal.code() == null || signal.fault() != null
            ? ""
            : " (" + SignalNames.code(signal.signo(), signal.code()) + ")";
    boolean isLimit = signal.signo() == SIGXFSZ; // its sender is the thread that writes
    boolean bySelf = !isLimit && sender.filter(death::isOwn).isPresent();
    Verdict.Builder verdict =
        Verdict.of(
                Category.FATAL_SIGNAL,
                Confidence.CERTAIN,
                bySelf
                    ? name
                        + " was raised by the process itself in "
                        + new DyingThread(death, sender.get().thread()).described()
                    : name
                        + code
                        + " ended the process by its default action in "
                        + new DyingThread(death, signal.thread()).described()
                        + detail(signal, sender))
            .because(delivered(signal))
            .hint(hint(signal))
            .cause(signal)
            .fault(signal.fault())
            .thread(bySelf ? sender.get().thread() : signal.thread());
    sender.ifPresent(
        sent -> verdict.because("kernel evidence names the sender [" + sent.id() + "]"));
    return verdict.build();
  }

  private static String delivered(Event.FatalSignal signal) {
    return "no handler took "
        + SignalNames.signal(signal.signo())
        + ", so the kernel took its default action ["
        + signal.id()
        + "]";
  }

  private static String detail(Event.FatalSignal signal, Optional<Event.SignalSent> sender) {
    if (sender.filter(Event.SignalSent::byKernel).isPresent() && signal.signo() != SIGXCPU) {
      return ": it was sent by " + Senders.name(sender.get());
    }
    return switch (signal.signo()) {
      case SIGSYS -> ": seccomp refused system call " + signal.syscall();
      case SIGXCPU -> ": the limit of CPU time was reached";
      case SIGXFSZ -> ": a file reached the limit of its size";
      default -> signal.fault() != null ? Faults.text(signal.fault()) : "";
    };
  }

  private static @Nullable String hint(Event.FatalSignal signal) {
    if (signal.fault() != null) {
      return OVERFLOW;
    }
    return switch (signal.signo()) {
      case SIGSYS ->
          "look up the system call's number in the seccomp profile (ausyscall, syscall_64.tbl)";
      case SIGXCPU -> "check RLIMIT_CPU: ulimit -t, systemd's LimitCPU=";
      case SIGXFSZ -> "check RLIMIT_FSIZE: ulimit -f, systemd's LimitFSIZE=";
      default -> null;
    };
  }

  // ---- a signal that no handler can catch, or whose delivery was not recorded

  Optional<Verdict> endedBySignal() {
    if (death.status.isEmpty()) {
      return Optional.empty();
    }
    int signo = death.endedByAbort() ? Death.SIGABRT : death.status.get().signo();
    if (signo == 0) {
      return Optional.empty();
    }
    Optional<Event.SignalSent> sender = death.sent(signo);
    if (sender.filter(death::isOwn).isPresent()) {
      return Optional.of(killedItself(signo, sender.get()));
    }
    return Optional.of(
        sender.isPresent() && !sender.get().byKernel()
            ? killed(signo, sender.get(), sender.get())
            : byTheKernelOrUnseen(signo, sender));
  }

  private Verdict killedItself(int signo, Event.SignalSent sent) {
    String how = Senders.how(sent);
    return Verdict.of(
            Category.KILLED,
            Confidence.CERTAIN,
            SignalNames.signal(signo)
                + " was sent by the process to itself, by "
                + new DyingThread(death, sent.thread()).described())
        .because(
            "kernel evidence names the sender"
                + (how == null ? "" : " (system call: " + how + ")")
                + id(sent))
        .because("that signal ended the process" + death.statusId())
        .cause(sent)
        .sender(sent)
        .thread(sent.thread())
        .build();
  }

  private Verdict killed(int signo, Event.SignalSent sender, Event cause) {
    Optional<Event.SignalSent> request =
        signo == Death.SIGKILL ? death.requestBefore(sender) : Optional.empty();
    if (request.isPresent()) {
      return outOfTime(sender, request.get());
    }
    Optional<OnErrorCommand> command = OnErrorCommand.of(death, sender);
    if (command.isPresent()) {
      return byOwnCommand(signo, sender, command.get());
    }
    String how = Senders.how(sender);
    return Verdict.of(
            Category.KILLED,
            Confidence.CERTAIN,
            SignalNames.signal(signo) + " was sent by " + death.sender(sender))
        .because(
            "kernel evidence names the sender"
                + (how == null ? "" : " (system call: " + how + ")")
                + id(sender))
        .because("that signal ended the process" + death.statusId())
        .hint(hintAbout(sender))
        .kind("sent by " + (death.isParent(sender) ? "its parent " : "") + Senders.kind(sender))
        .cause(cause)
        .sender(sender)
        .build();
  }

  /** The error came first; the command of an option then sent the signal. */
  private Verdict byOwnCommand(int signo, Event.SignalSent sender, OnErrorCommand command) {
    boolean isOutOfMemory = command.option().equals(OnErrorCommand.OUT_OF_MEMORY);
    Optional<StackDump.ThreadDump> thread =
        isOutOfMemory ? death.outOfMemoryThread() : Optional.empty();
    String where =
        thread
            .map(
                found -> {
                  DyingThread dying = new DyingThread(death, found);
                  return " in " + dying.described() + dying.atMethod();
                })
            .orElse("");
    return Verdict.of(
            Category.KILLED,
            command.isCertain() ? Confidence.CERTAIN : Confidence.LIKELY,
            "the command of "
                + command.option()
                + "=\""
                + command.command()
                + "\" sent "
                + SignalNames.signal(signo)
                + ": "
                + (isOutOfMemory
                    ? "an OutOfMemoryError" + where
                    : "HotSpot had found a fatal error"))
        .because(
            "the process itself started the sender, "
                + Senders.name(sender)
                + (command.isCertain() ? ", with the option's command line" : "")
                + id(sender))
        .because("that signal ended the process" + death.statusId())
        .hint(
            isOutOfMemory
                ? "check what fills the heap, and whether -Xmx is large enough"
                : "read hs_err for the error")
        .kind(command.option())
        .cause(sender)
        .sender(sender)
        .thread(thread.map(StackDump.ThreadDump::nativeId).orElse(null))
        .build();
  }

  /** SIGTERM, and SIGKILL some time later, as orchestrators do it. */
  private Verdict outOfTime(Event.SignalSent kill, Event.SignalSent request) {
    double seconds = (kill.timeUnixNano() - request.timeUnixNano()) / NANOS_PER_SECOND;
    String later = String.format(Locale.ROOT, "%.1f s after SIGTERM", seconds);
    String asker = death.sender(request);
    String killer = death.sender(kill);
    boolean wasShuttingDown = death.evidence.isShuttingDown();
    boolean wasSeen = death.evidence.stacksOfDeath().isPresent();
    boolean wasSeenWhenAsked = death.evidence.stacksOfRequest().isPresent();
    return Verdict.of(
            Category.KILLED,
            Confidence.CERTAIN,
            "SIGKILL was sent by "
                + killer
                + ", "
                + later
                + (asker.equals(killer) ? " by the same sender" : " by " + asker)
                + (wasShuttingDown ? ": the process had not ended in time" : ""))
        .because("the process received SIGTERM [" + request.id() + "]")
        .because(
            "SIGKILL followed " + String.format(Locale.ROOT, "%.1f s later", seconds) + id(kill))
        .because(
            wasShuttingDown
                ? "the JVM was shutting down: a thread was in java.lang.Shutdown"
                : wasSeen
                    ? "no thread was in java.lang.Shutdown: the SIGKILL may be unrelated to the"
                        + " SIGTERM"
                    : "the threads at the end are unknown: the SIGKILL may be unrelated to the"
                        + " SIGTERM")
        .because("that signal ended the process" + death.statusId())
        .hint(
            wasShuttingDown
                ? "check what the shutdown was waiting for"
                    + (wasSeenWhenAsked
                        ? " (the threads at the SIGTERM are at the end of the report)"
                        : "")
                    + "; allow more time, or shut down faster"
                : hintAbout(kill))
        .kind(
            "sent by "
                + Senders.kind(kill)
                + " after SIGTERM"
                + (wasShuttingDown ? ", not ended in time" : ""))
        .saysPhase(wasShuttingDown)
        .cause(wasShuttingDown ? request : kill)
        .sender(kill)
        .build();
  }

  private @Nullable String hintAbout(Event.SignalSent sender) {
    if (death.isDescendant(sender)) {
      return "the sender is a descendant of the process: find out why it sent the signal";
    }
    String name = String.valueOf(sender.executable());
    if (name.equals("java") && death.isParent(sender)) {
      return "the parent, a Java program, called Process.destroyForcibly() or destroy()";
    }
    return switch (name) {
      case "systemd-oomd", "earlyoom", "nohang", "oomd" ->
          "this daemon kills processes when memory is short, before the kernel does: check the"
              + " memory"
              + " pressure";
      default -> null;
    };
  }

  private Verdict byTheKernelOrUnseen(int signo, Optional<Event.SignalSent> sender) {
    String name = SignalNames.signal(signo);
    if (sender.isPresent() && signo == Death.SIGKILL) {
      boolean notOom = death.hasProbe("mark_victim");
      return Verdict.of(
              notOom ? Category.KILLED : Category.OOM_KILLED,
              notOom ? Confidence.LIKELY : Confidence.POSSIBLE,
              notOom
                  ? "the kernel itself sent SIGKILL, but not its OOM killer"
                  : "the kernel itself sent SIGKILL, as its OOM killer does")
          .because("kernel evidence names the kernel as the sender" + id(sender.get()))
          .hint(
              notOom
                  ? "check the limit of CPU time (RLIMIT_CPU), and whether the pid namespace ended"
                  : "check the kernel log, and memory.events of the cgroup")
          .cause(sender.get())
          .build();
    }
    if (signo == Death.SIGABRT && sender.isEmpty()) {
      return new AbortCauses(death).unseen();
    }
    Optional<StackDump.ThreadDump> overflowed =
        death.searchFor(StackDump.Search.OVERFLOW).flatMap(search -> death.foundThread());
    if (sender.isEmpty() && overflowed.isPresent()) {
      return overflow(name, overflowed.get());
    }
    boolean isSent = signo == Death.SIGKILL || signo == Death.SIGTERM;
    return Verdict.of(
            isSent ? Category.KILLED : Category.FATAL_SIGNAL,
            Confidence.LIKELY,
            name
                + " ended the process; "
                + (sender.isPresent()
                    ? "it was sent by " + Senders.name(sender.get())
                    : SignalNames.FAULTS.contains(signo)
                        ? "it is unknown whether it was a fault or was sent"
                        : "the sender is unknown"))
        .because("the exit status says " + name + death.statusId())
        .hint(signo == SIGSEGV ? OVERFLOW : null)
        .sender(sender.orElse(null))
        .build();
  }

  private Verdict overflow(String name, StackDump.ThreadDump found) {
    DyingThread thread = new DyingThread(death, found);
    Optional<String> library = thread.library(null);
    return Verdict.of(
            Category.FATAL_SIGNAL,
            Confidence.LIKELY,
            name
                + " ended the process: a native stack overflow"
                + library.map(file -> " in " + file).orElse("")
                + ", in "
                + thread.described()
                + thread.atMethod())
        .because("the exit status says " + name + death.statusId())
        .because(
            "the stack of that thread holds return addresses of native code down to its end "
                + death.stacksId())
        .hint(
            "look for an endless recursion of native code"
                + library.map(file -> " in " + file).orElse("")
                + ", or for large local variables; a larger stack (-Xss) helps if the recursion"
                + " ends")
        .thread(found.nativeId())
        .build();
  }

  private static String id(Event event) {
    return " [" + event.id() + "]";
  }
}
