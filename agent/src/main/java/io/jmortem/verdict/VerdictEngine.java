// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Evidence;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The table of causes. Each rule answers for one way to die, or not at all; the first answer
 * counts. Earlier rules are about what came first: a SIGSEGV that ends as a SIGABRT is a crash.
 */
public final class VerdictEngine {

  private VerdictEngine() {}

  /** Decides. Never fails; what nothing explains is unknown. */
  public static Verdict decide(Evidence evidence, Optional<HsErrLog> hsErr) {
    Death death = new Death(evidence, hsErr);
    CrashCauses crash = new CrashCauses(death);
    AbortCauses abort = new AbortCauses(death);
    SignalCauses signal = new SignalCauses(death);
    OomCauses oom = new OomCauses(death);
    ExitCauses exit = new ExitCauses(death);
    UnwatchedEnd unwatched = new UnwatchedEnd(death);
    return Stream.<Supplier<Optional<Verdict>>>of(
            crash::declaredByHotSpot,
            new LoggedCauses(death)::fromLogAlone,
            abort::abortCalled,
            oom::chosenByTheKernel,
            oom::fromKernelLog,
            signal::deliveredToNoHandler,
            oom::countedByTheCgroup,
            unwatched::whileArming,
            unwatched::afterTheHelper,
            signal::endedBySignal,
            exit::shutDownBySignal,
            exit::askedForByJava,
            exit::outOfMemory,
            exit::calledByNativeCode,
            exit::byStatusAlone)
        .map(Supplier::get)
        .flatMap(Optional::stream)
        .findFirst()
        .map(verdict -> withPhase(death, verdict))
        .orElseGet(() -> unknown(death));
  }

  /** An exit is a phase of its own, and whoever shuts the JVM down by a signal begins one. */
  private static Verdict withPhase(Death death, Verdict verdict) {
    Optional<Phase> arming = Phase.arming(death);
    if (arming.isPresent()) {
      return verdict.withPhase(arming.get());
    }
    boolean isExit =
        switch (verdict.category()) {
          case EXIT, CLEAN, UNKNOWN -> true;
          default -> death.status.map(end -> end.code() >= 0).orElse(false) && !isFault(verdict);
        };
    return isExit
        ? verdict
        : Phase.of(death, verdict.cause(), verdict.threadId())
            .map(verdict::withPhase)
            .orElse(verdict);
  }

  private static boolean isFault(Verdict verdict) {
    return verdict.category() == Category.VM_CRASH || verdict.category() == Category.VM_ERROR;
  }

  private static Verdict unknown(Death death) {
    Verdict.Builder verdict =
        death
            .sent(Death.SIGKILL)
            .map(
                sent ->
                    Verdict.of(
                            Category.KILLED,
                            Confidence.POSSIBLE,
                            "SIGKILL was sent by "
                                + Senders.name(sent)
                                + "; how the process ended was not seen")
                        .because("the kernel saw the sender [" + sent.id() + "]")
                        .cause(sent)
                        .sender(sent))
            .orElseGet(
                () ->
                    Verdict.of(
                        Category.UNKNOWN,
                        Confidence.POSSIBLE,
                        "the process has ended; nothing that was seen explains it"));
    return verdict
        .hint(
            death.evidence.hasKernelEvidence()
                ? null
                : "run it with privileges that let BPF be loaded")
        .build();
  }
}
