// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;
import java.util.regex.Matcher;

/** HotSpot gave up: a fault that it could not handle, or an error of its own. */
final class CrashCauses {

  /** {@code VMErrorType} of HotSpot: ids that are no signals begin here. */
  private static final long INTERNAL_ERROR = 0xe0000000L;

  /** {@code OOM_JAVA_HEAP_FATAL}; those between are about native memory. */
  private static final long JAVA_HEAP = 0xe0000004L;

  static final String OUT_OF_MEMORY = "OutOfMemory encountered";

  static final String OUT_OF_NATIVE_MEMORY = "out of native memory";

  static final String NO_NATIVE_MEMORY =
      "native memory ran out: look at the cgroup, the limits and the VM's options";

  static final String RAISED =
      "raise(), pthread_kill(), or HotSpot itself: a safepoint or handshake that took too long";

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
        !Event.Markers.UPROBE.equals(error.marker())
            && death.hsErr.map(log -> log.headline() != null && log.signo() == 0).orElse(false);
    return logSaysSo || (error.fault() == null && error.errorId() == 0);
  }

  private Verdict fault(Event.FatalError error) {
    Event.Fault fault = error.fault();
    if (fault == null || fault.code() > 0) {
      return crash(error, fault);
    }
    Optional<Event.SignalSent> sender = death.sent(fault.signo());
    if (sender.isEmpty() && LoggedSender.of(death).filter(LoggedSender::isSelf).isPresent()) {
      return raised(error, fault, "HotSpot's log says that the process itself sent it");
    }
    return sender.filter(sent -> !death.isFromOther(sent)).isPresent()
        ? raised(error, fault, "a thread of the process sent it [" + sender.get().id() + "]")
        : sentToIt(error, fault, sender);
  }

  private Verdict raised(Event.FatalError error, Event.Fault fault, String sent) {
    Optional<LoggedHandlers> handlers = death.hsErr.map(LoggedHandlers::of);
    boolean byHandler = handlers.map(LoggedHandlers::hasRaised).orElse(false);
    Verdict.Builder verdict =
        Verdict.of(
                Category.FATAL_SIGNAL,
                byHandler ? Confidence.LIKELY : Confidence.CERTAIN,
                SignalNames.signal(fault.signo())
                    + (byHandler ? handlers.get().raised() : " was raised by the process itself")
                    + " in "
                    + new DyingThread(death, error.thread()).described())
            .because("HotSpot declared the signal fatal [" + error.id() + "]")
            .because(sent)
            .hint(handlers.map(LoggedHandlers::hint).orElse(RAISED))
            .kind(handlers.map(LoggedHandlers::kind).orElse(null))
            .cause(error)
            .fault(fault)
            .thread(error.thread());
    handlers.flatMap(LoggedHandlers::reason).ifPresent(verdict::because);
    return verdict.build();
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
                    .or(() -> LoggedSender.of(death).map(LoggedSender::words))
                    .orElse("a process that was not seen")
                + "; no fault of the JVM's own")
        .because(
            "HotSpot declared the signal fatal in "
                + new DyingThread(death, error.thread()).described()
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
    Optional<String> accessError = death.hsErr.flatMap(LoggedCauses::accessError);
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
                    .or(() -> accessError.map(said -> LoggedCauses.ACCESS_HINT))
                    .or(() -> death.hsErr.map(LoggedCauses::frameHint))
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
    accessError.ifPresent(verdict::because);
    if (handler.isEmpty()) {
      death
          .hsErr
          .map(LoggedHandlers::of)
          .flatMap(LoggedHandlers::reason)
          .ifPresent(verdict::because);
    }
    return verdict.build();
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
        .hint(isOutOfNativeMemory(error) ? NO_NATIVE_MEMORY : null)
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
        || death.hsErr.flatMap(LoggedCauses::outOfMemoryError).isPresent();
  }

  private Verdict crashOnOutOfMemoryError(Event.FatalError error) {
    DyingThread thread = new DyingThread(death, error.thread());
    String which =
        error.argument() != null
            ? error.argument()
            : death.hsErr.flatMap(LoggedCauses::outOfMemoryError).orElse("");
    return Verdict.of(
            Category.VM_ERROR,
            Confidence.CERTAIN,
            outOfMemoryError(which)
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

  /** Only that option makes HotSpot give up for one. */
  static String outOfMemoryError(String which) {
    return "-XX:+CrashOnOutOfMemoryError: an OutOfMemoryError"
        + (which.isEmpty() ? "" : " (" + which + ")");
  }

  static String memoryHint(String which) {
    return which.contains("etaspace") || which.contains("class space")
        ? "look at the class loaders: who loads classes again and again, -XX:MaxMetaspaceSize"
        : "look at the heap: who fills it, and whether -Xmx is enough";
  }

  /** By the log's words where there is one, since it may be all that is known of another time. */
  private String kind(Event.FatalError error) {
    if (isOutOfNativeMemory(error)) {
      return OUT_OF_NATIVE_MEMORY;
    }
    Optional<String> logged =
        death.hsErr.filter(log -> log.signo() == 0).flatMap(LoggedCauses::kind);
    String words = error.detail() != null ? error.detail() : error.message();
    return logged.orElseGet(
        () -> kind(error.file() == null ? "" : error.file(), words == null ? "" : words));
  }

  /** The file that gave up, and its words; no line, it moves. Null if there are none. */
  static String kind(String file, String words) {
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
}
