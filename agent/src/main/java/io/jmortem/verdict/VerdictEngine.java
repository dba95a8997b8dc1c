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
 * The table of causes. Each rule knows one way to die and returns a verdict, or nothing; the first
 * verdict is used. Earlier rules are about earlier events: a SIGSEGV that ends as a SIGABRT is a
 * crash.
 */
public final class VerdictEngine {

  private VerdictEngine() {}

  /** Decides on the verdict. Never fails; if no rule matches, the category is unknown. */
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

  /** Adds the phase, except for exits, and for deaths by a signal that shuts the JVM down. */
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
                                + "; how the process ended was not recorded")
                        .because("kernel evidence names the sender [" + sent.id() + "]")
                        .cause(sent)
                        .sender(sent))
            .orElseGet(
                () ->
                    Verdict.of(
                        Category.UNKNOWN,
                        Confidence.POSSIBLE,
                        "the process ended; the evidence does not explain why"));
    return verdict
        .hint(
            death.evidence.hasKernelEvidence()
                ? null
                : "run jmortem with the privileges that BPF requires (see `jmortem doctor`)")
        .build();
  }
}
