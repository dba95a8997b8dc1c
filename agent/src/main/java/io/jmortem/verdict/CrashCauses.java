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

/** HotSpot gave up: a fault that it could not handle, or an error of its own. */
final class CrashCauses {

  /** {@code VMErrorType} of HotSpot: ids that are no signals begin here. */
  private static final long INTERNAL_ERROR = 0xe0000000L;

  /** {@code OOM_JAVA_HEAP_FATAL}; those between are about native memory. */
  private static final long JAVA_HEAP = 0xe0000004L;

  private static final Pattern CODE = Pattern.compile("si_code: -?\\d+ \\((\\w+)\\)");

  private static final Pattern ADDRESS = Pattern.compile("si_addr: (0x\\p{XDigit}+)");

  private static final Pattern SENDER =
      Pattern.compile("pid: (\\d{1,10}),? \\(?(?:si_)?uid: (\\d{1,10})");

  private static final String OUT_OF_MEMORY = "OutOfMemory encountered";

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
                + sender
                    .map(Senders::name)
                    .or(this::senderInLog)
                    .orElse("a process that was not seen")
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
    DyingThread thread = new DyingThread(death, error.thread());
    Optional<ForeignHandler> handler =
        fault != null && fault.raisedAgain() ? ForeignHandler.of(death, fault) : Optional.empty();
    Optional<MappedFileFault> file = MappedFileFault.of(death, fault);
    Verdict.Builder verdict =
        Verdict.of(
                Category.VM_CRASH,
                fault == null ? Confidence.LIKELY : Confidence.CERTAIN,
                SignalNames.signal(signo)
                    + Faults.text(fault)
                    + " in "
                    + thread.described()
                    + thread.jniCall()
                    + handler
                        .map(found -> thread.atMethod() + found.clause() + " and raised again")
                        .orElse("")
                    + file.map(MappedFileFault::clause).orElse("")
                    + ", declared fatal by HotSpot")
            .because(
                fault == null
                    ? "HotSpot entered its error reporting ["
                        + error.id()
                        + "]; the fault was not seen"
                    : "the kernel delivered the fault, and HotSpot entered its error reporting ["
                        + error.id()
                        + "]")
            .hint(
                handler
                    .map(ForeignHandler::hint)
                    .or(() -> file.map(MappedFileFault::hint))
                    .or(thread::memoryAccessHint)
                    .or(() -> death.hsErr.map(CrashCauses::frameHint))
                    .orElse(null))
            .kind(
                handler
                    .map(found -> "taken by " + found.library())
                    .or(() -> thread.jniFunction().map(name -> "JNI " + name))
                    .orElse(null))
            .cause(error)
            .fault(fault)
            .thread(error.thread());
    file.flatMap(MappedFileFault::reason).ifPresent(verdict::because);
    return verdict.build();
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
    if (isJavaHeap(error)) {
      return crashOnOutOfMemoryError(error);
    }
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
            "HotSpot gave up without a fault: "
                + what
                + where
                + " in "
                + new DyingThread(death, error.thread()).described())
        .because("HotSpot entered its error reporting with no fault [" + error.id() + "]")
        .hint(
            isOutOfNativeMemory(error)
                ? "native memory ran out: look at the cgroup, the limits and the VM's options"
                : null)
        .kind(kind(error))
        .cause(error)
        .thread(error.thread())
        .build();
  }

  private boolean isOutOfNativeMemory(Event.FatalError error) {
    boolean byId = error.errorId() > INTERNAL_ERROR && error.errorId() < JAVA_HEAP;
    return byId || death.hsErr.map(HsErrLog::isOutOfMemory).orElse(false);
  }

  /** By the error's number, by the format of its words, or by the log's. */
  private boolean isJavaHeap(Event.FatalError error) {
    return error.errorId() == JAVA_HEAP
        || String.valueOf(error.detail()).startsWith(OUT_OF_MEMORY)
        || death
            .hsErr
            .map(log -> String.valueOf(log.message()).contains(OUT_OF_MEMORY))
            .orElse(false);
  }

  private Verdict crashOnOutOfMemoryError(Event.FatalError error) {
    DyingThread thread = new DyingThread(death, error.thread());
    String which = String.valueOf(error.argument() != null ? error.argument() : logged());
    return Verdict.of(
            Category.VM_ERROR,
            Confidence.CERTAIN,
            "-XX:+CrashOnOutOfMemoryError: an OutOfMemoryError"
                + (which.equals("null") ? "" : " (" + which + ")")
                + " in "
                + thread.described()
                + thread.atMethod()
                + " ended the process")
        .because("HotSpot entered its error reporting for an OutOfMemoryError [" + error.id() + "]")
        .hint(memoryHint(which))
        .kind("OutOfMemoryError " + which)
        .cause(error)
        .thread(error.thread())
        .build();
  }

  private String logged() {
    return death
        .hsErr
        .map(HsErrLog::message)
        .filter(message -> message.contains(OUT_OF_MEMORY))
        .map(message -> message.substring(message.indexOf(OUT_OF_MEMORY) + OUT_OF_MEMORY.length()))
        .map(rest -> rest.replaceFirst("^:?\\s*", ""))
        .filter(rest -> !rest.isEmpty())
        .orElse(null);
  }

  private static String memoryHint(String which) {
    return which.contains("etaspace") || which.contains("class space")
        ? "look at the class loaders: who loads classes again and again, -XX:MaxMetaspaceSize"
        : "look at the heap: who fills it, and whether -Xmx is enough";
  }

  /** The file that gave up, and its words before they were filled in; no line, it moves. */
  private String kind(Event.FatalError error) {
    if (isOutOfNativeMemory(error)) {
      return "out of native memory";
    }
    String file = error.file() == null ? "" : error.file();
    String words = error.detail() != null ? error.detail() : error.message();
    if (words == null || words.isBlank()) {
      words = death.hsErr.map(HsErrLog::message).orElse("");
    }
    String name = file.substring(file.lastIndexOf('/') + 1);
    String kind =
        (name.isEmpty() ? "" : name + ": ") + words.replaceAll("0x\\p{XDigit}+|\\d+", "#");
    return kind.isBlank() ? null : kind;
  }

  /** The format is all that is known of the details where there is no log. */
  private static String detail(Event.FatalError error) {
    if (error.detail() == null) {
      return "";
    }
    return ": "
        + (error.argument() == null
            ? error.detail()
            : error.detail().replaceFirst("%s", Matcher.quoteReplacement(error.argument())));
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
    return death.endedByAbort()
        || death.status.map(end -> end.code() == 1).orElse(true)
        // its command is started when the log is written, and may end the process
        || (death.flagValue(OwnCommand.ERROR + "=").isPresent()
            && death.status.map(end -> end.signo() != 0).orElse(false));
  }

  private static boolean isSent(HsErrLog log) {
    String siginfo = log.siginfo() == null ? "" : log.siginfo();
    return siginfo.contains("(SI_USER)") || log.headline().contains("(sent by kill)");
  }

  /** {@code si_pid: 7, si_uid: 0}; up to 10 {@code sent from pid: 7 (uid: 0)}. */
  private Optional<String> senderInLog() {
    return death
        .hsErr
        .map(HsErrLog::siginfo)
        .map(SENDER::matcher)
        .filter(Matcher::find)
        .map(
            found ->
                (found.group(1).equals("" + death.vpid())
                        ? "the process itself"
                        : "process " + found.group(1))
                    + " (uid "
                    + found.group(2)
                    + ")");
  }

  private Verdict sentByLog(HsErrLog log) {
    Optional<Event.SignalSent> sender = death.sent(log.signo());
    return Verdict.of(
            Category.KILLED,
            Confidence.LIKELY,
            SignalNames.signal(log.signo())
                + " was sent by "
                + sender
                    .map(Senders::name)
                    .or(this::senderInLog)
                    .orElse("a process that was not seen")
                + ", says HotSpot's own log")
        .because("an hs_err log of this process: " + log.siginfo())
        .hint("ask the sender")
        .sender(sender.orElse(null))
        .build();
  }

  /** In words of our own: its head line is made for its authors. */
  private static String told(HsErrLog log) {
    HsErrThread thread = log.currentThread();
    String in =
        thread == null
            ? ""
            : " in thread \""
                + (thread.name().isEmpty() ? thread.kind() : thread.name())
                + "\" ("
                + thread.id()
                + ")";
    if (log.signo() == 0) {
      String what = log.message() == null ? log.headline() : log.message();
      return "HotSpot gave up without a fault: " + what + in + ", says its own log";
    }
    Matcher code = CODE.matcher(String.valueOf(log.siginfo()));
    Matcher address = ADDRESS.matcher(String.valueOf(log.siginfo()));
    return SignalNames.signal(log.signo())
        + (code.find() ? " (" + code.group(1) + ")" : "")
        + (address.find() ? " at 0x" + address.group(1).replaceFirst("^0x0*(?=.)", "") : "")
        + in
        + ", says HotSpot's own log";
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
                .orElseGet(() -> log.isOutOfMemory() ? NO_NATIVE_MEMORY : frameHint(log)))
        .thread(log.failedThread())
        .build();
  }
}
