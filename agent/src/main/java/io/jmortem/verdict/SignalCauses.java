// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.hotspot.StackDump;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Locale;
import java.util.Optional;

/** A signal ended the process, and HotSpot had no say in it. */
final class SignalCauses {

  private static final int SIGSEGV = 11;
  private static final int SIGXCPU = 24;
  private static final int SIGXFSZ = 25;
  private static final int SIGSYS = 31;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final String OVERFLOW =
      "HotSpot's handler could not be called: mostly a native stack that overflowed";

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
    Optional<ForeignHandler> handler = ForeignHandler.of(death, signal.fault());
    if (handler.isPresent() && (fault || signal.fault().raisedAgain())) {
      return notHandled(signal, handler.get());
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

  /** The first fault is the cause, whatever its handler made of it. */
  private Verdict notHandled(Event.FatalSignal signal, ForeignHandler handler) {
    Event.Fault fault = signal.fault();
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
                + ", and then "
                + SignalNames.signal(signal.signo())
                + " to none ["
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
    // of two codes that of the fault tells more: the kernel's own says that there was no handler
    String code =
        signal.code() == null || signal.fault() != null
            ? ""
            : " (" + SignalNames.code(signal.signo(), signal.code()) + ")";
    boolean isLimit = signal.signo() == SIGXFSZ; // in the name of whoever writes
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
                        + " with its default action in "
                        + new DyingThread(death, signal.thread()).described()
                        + detail(signal, sender))
            .because(delivered(signal))
            .hint(hint(signal))
            .cause(signal)
            .fault(signal.fault())
            .thread(bySelf ? sender.get().thread() : signal.thread());
    sender.ifPresent(sent -> verdict.because("who sent it was seen [" + sent.id() + "]"));
    return verdict.build();
  }

  private static String delivered(Event.FatalSignal signal) {
    return "the kernel delivered "
        + SignalNames.signal(signal.signo())
        + " to no handler ["
        + signal.id()
        + "]";
  }

  private static String detail(Event.FatalSignal signal, Optional<Event.SignalSent> sender) {
    if (sender.filter(Event.SignalSent::byKernel).isPresent() && signal.signo() != SIGXCPU) {
      return ": it came from " + Senders.name(sender.get());
    }
    return switch (signal.signo()) {
      case SIGSYS -> ": seccomp refused system call " + signal.syscall();
      case SIGXCPU -> ": the limit of CPU time was reached";
      case SIGXFSZ -> ": a file reached the limit of its size";
      default -> signal.fault() != null ? Faults.text(signal.fault()) : "";
    };
  }

  private static String hint(Event.FatalSignal signal) {
    if (signal.fault() != null) {
      return OVERFLOW;
    }
    return switch (signal.signo()) {
      case SIGSYS -> "look up its number in the seccomp profile (ausyscall, syscall_64.tbl)";
      case SIGXCPU -> "RLIMIT_CPU: see ulimit -t, LimitCPU= of systemd";
      case SIGXFSZ -> "RLIMIT_FSIZE: see ulimit -f, LimitFSIZE= of systemd";
      default -> null;
    };
  }

  // ---- a signal that no handler can catch, or that was not seen

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
        .because("the kernel saw the sender" + (how == null ? "" : ": " + how) + id(sent))
        .because("the process ended by that signal" + death.statusId())
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
        .because("the kernel saw the sender" + (how == null ? "" : ": " + how) + id(sender))
        .because("the process ended by that signal" + death.statusId())
        .hint(hintAbout(sender))
        .kind("sent by " + (death.isParent(sender) ? "its parent " : "") + Senders.kind(sender))
        .cause(cause)
        .sender(sender)
        .build();
  }

  /** The error came first, of which an option has made a signal. */
  private Verdict byOwnCommand(int signo, Event.SignalSent sender, OnErrorCommand command) {
    boolean isOutOfMemory = command.option().equals(OnErrorCommand.OUT_OF_MEMORY);
    Optional<StackDump.ThreadDump> thread =
        isOutOfMemory ? death.outOfMemoryThread() : Optional.empty();
    String where =
        thread
            .map(
                found ->
                    " in thread "
                        + death.quoted(found.nativeId(), found.name())
                        + new DyingThread(death, found).atMethod())
            .orElse("");
    return Verdict.of(
            Category.KILLED,
            command.isCertain() ? Confidence.CERTAIN : Confidence.LIKELY,
            command.option()
                + "=\""
                + command.command()
                + "\" sent "
                + SignalNames.signal(signo)
                + ": "
                + (isOutOfMemory ? "an OutOfMemoryError" + where : "HotSpot had given up"))
        .because(
            "the sender, "
                + Senders.name(sender)
                + ", was started by the process itself"
                + (command.isCertain() ? ", with the option's command line" : "")
                + id(sender))
        .because("the process ended by that signal" + death.statusId())
        .hint(
            isOutOfMemory
                ? "look at the heap: who fills it, and whether -Xmx is enough"
                : "look at HotSpot's own log for the error")
        .kind(command.option())
        .cause(sender)
        .sender(sender)
        .thread(thread.map(StackDump.ThreadDump::nativeId).orElse(null))
        .build();
  }

  /** What an orchestrator does: a request to end, some time for it, the end. */
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
                + (asker.equals(killer) ? " by the same" : " by " + asker)
                + (wasShuttingDown ? ": it had not ended in time" : ""))
        .because("it was asked to end [" + request.id() + "]")
        .because("it was killed " + String.format(Locale.ROOT, "%.1f s later", seconds) + id(kill))
        .because(
            wasShuttingDown
                ? "it was shutting down: a thread of its own was at it"
                : wasSeen
                    ? "no thread is seen to be shutting it down: it may not be for the SIGTERM"
                    : "its threads were not seen at its end: it may not be for the SIGTERM")
        .because("the process ended by that signal" + death.statusId())
        .hint(
            wasShuttingDown
                ? "see what it was still doing"
                    + (wasSeenWhenAsked ? ": its threads when asked are at the report's end" : "")
                    + "; give it more time, or shut down faster"
                : hintAbout(kill))
        .kind(
            "sent by "
                + Senders.kind(kill)
                + " after SIGTERM"
                + (wasShuttingDown ? ", not ended in time" : ""))
        .cause(wasShuttingDown ? request : kill)
        .sender(kill)
        .build();
  }

  private String hintAbout(Event.SignalSent sender) {
    if (death.isDescendant(sender)) {
      return "the process had started the sender itself";
    }
    String name = String.valueOf(sender.executable());
    if (name.equals("java") && death.isParent(sender)) {
      return "the Java program that has started it called Process.destroyForcibly() or destroy()";
    }
    return switch (name) {
      case "systemd-oomd", "earlyoom", "nohang", "oomd" ->
          "it kills for want of memory, before the kernel does: look at the memory pressure";
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
                  ? "the kernel itself sent SIGKILL, and not its OOM killer"
                  : "the kernel itself sent SIGKILL, as its OOM killer does")
          .because("SIGKILL was sent by the kernel" + id(sender.get()))
          .hint(
              notOom
                  ? "a limit of CPU time (RLIMIT_CPU), or the end of its pid namespace"
                  : "look at the kernel's log and the cgroup's memory.events")
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
                    ? "it came from " + Senders.name(sender.get())
                    : SignalNames.FAULTS.contains(signo)
                        ? "whether it was a fault or was sent was not seen"
                        : "who sent it was not seen"))
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
            "return addresses of native code are on that thread's stack down to its end "
                + death.stacksId())
        .hint(
            "a recursion of native code"
                + library.map(file -> " in " + file).orElse("")
                + " without an end, or large local variables; a larger stack (-Xss) helps if it"
                + " does end")
        .thread(found.nativeId())
        .build();
  }

  private static String id(Event event) {
    return " [" + event.id() + "]";
  }
}
