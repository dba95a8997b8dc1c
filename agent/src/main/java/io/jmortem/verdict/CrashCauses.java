// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/** HotSpot started its error report: for a fault that it could not handle, or another error. */
final class CrashCauses {

  /** {@code VMErrorType} of HotSpot: smaller ids are signals. */
  private static final long INTERNAL_ERROR = 0xe0000000L;

  /** {@code OOM_JAVA_HEAP_FATAL}; the ids between the two are about native memory. */
  private static final long JAVA_HEAP = 0xe0000004L;

  static final String OUT_OF_MEMORY = "OutOfMemory encountered";

  static final String OUT_OF_NATIVE_MEMORY = "out of native memory";

  static final String NO_NATIVE_MEMORY =
      "native memory ran out; check the cgroup's limit, the process's limits and the VM's options";

  static final String RAISED =
      "look for raise() or pthread_kill(), or for a safepoint or handshake that timed out in"
          + " HotSpot";

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

  /** Only the uprobe marker records the error's id; with other markers, hs_err decides. */
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
      return raised(error, fault, "hs_err says that the process itself sent the signal");
    }
    return sender.filter(sent -> !death.isFromOther(sent)).isPresent()
        ? raised(
            error, fault, "a thread of the process sent the signal [" + sender.get().id() + "]")
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
            .because("HotSpot started its error report for the signal [" + error.id() + "]")
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
                    .orElse("an unknown process")
                + "; it was not a fault in the JVM")
        .because(
            "HotSpot started its error report for the signal in "
                + new DyingThread(death, error.thread()).described()
                + " ["
                + error.id()
                + "]")
        .because(
            "si_code "
                + SignalNames.code(fault.signo(), fault.code())
                + " says that a process sent the signal")
        .hint("find out why the sender sent the signal")
        .cause(error)
        .fault(fault)
        .sender(sender.orElse(null))
        .thread(error.thread())
        .build();
  }

  private Verdict crash(Event.FatalError error, Event.@Nullable Fault fault) {
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
                    + "; HotSpot could not handle it")
            .because(
                fault == null
                    ? "HotSpot started its error report ["
                        + error.id()
                        + "]; the fault itself was not recorded"
                    : "the kernel delivered the fault, and HotSpot started its error report ["
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
            .orElse("an unknown error");
    String where = error.file() == null ? "" : " (" + error.file() + ":" + error.line() + ")";
    return Verdict.of(
            Category.VM_ERROR,
            error.errorId() >= INTERNAL_ERROR || death.hsErr.isPresent()
                ? Confidence.CERTAIN
                : Confidence.LIKELY,
            "HotSpot reported a fatal error without a fault: "
                + what
                + where
                + " in "
                + new DyingThread(death, error.thread()).described())
        .because("HotSpot started its error report without a fault [" + error.id() + "]")
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

  /** Known from the error's id, from the format of its message, or from hs_err. */
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
        .because("HotSpot started its error report for an OutOfMemoryError [" + error.id() + "]")
        .hint(memoryHint(which))
        .kind("OutOfMemoryError " + which)
        .cause(error)
        .thread(error.thread())
        .build();
  }

  /** Only this option makes HotSpot treat an OutOfMemoryError as fatal. */
  static String outOfMemoryError(String which) {
    return "-XX:+CrashOnOutOfMemoryError: an OutOfMemoryError"
        + (which.isEmpty() ? "" : " (" + which + ")");
  }

  static String memoryHint(String which) {
    return which.contains("etaspace") || which.contains("class space")
        ? "check which class loaders keep loading classes, and whether -XX:MaxMetaspaceSize is"
            + " large"
            + " enough"
        : "check what fills the heap, and whether -Xmx is large enough";
  }

  /** Prefers the message in hs_err, because another death may be known only from hs_err. */
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

  /** The source file and the message, without the line, which changes. Null if both are empty. */
  static @Nullable String kind(String file, String words) {
    String name = file.substring(file.lastIndexOf('/') + 1);
    String kind =
        (name.isEmpty() ? "" : name + ": ") + words.replaceAll("0x\\p{XDigit}+|\\d+", "#");
    return kind.isBlank() ? null : kind;
  }

  /** Without hs_err, only the format of the message and one argument are known. */
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
