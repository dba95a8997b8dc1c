// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.ThreadInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Many kinds of death: the verdict, the thread that died first, its stack, the sender and the
 * status. Each is tested with all privileges, and without any, when only the exit can be read.
 */
class DeathIT {

  /**
   * A way to die.
   *
   * @param victim its arguments
   * @param kill signals that another process sends to it, one after the other; empty for none
   * @param status as a shell reports it
   * @param words part of the summary with root's privileges
   * @param thread the thread that died first, or ended the process; null if there is none
   * @param method a method on that thread's stack
   */
  private record Death(
      List<String> victim,
      List<String> vm,
      List<String> kill,
      int status,
      Category category,
      String words,
      String thread,
      String method) {

    Death vm(String... options) {
      return new Death(victim, List.of(options), kill, status, category, words, thread, method);
    }

    @Override
    public String toString() {
      return String.join(" ", victim)
          + (vm.isEmpty() ? "" : " " + vm)
          + (kill.isEmpty() ? "" : " kill " + kill);
    }
  }

  record Case(Jdk jdk, boolean root, Death death) {
    @Override
    public String toString() {
      return jdk + (root ? " root " : " user ") + death;
    }
  }

  private static Death own(
      String victim, int status, Category category, String words, String thread, String method) {
    return new Death(
        List.of(victim.split(" ", -1)),
        List.of(),
        List.of(),
        status,
        category,
        words,
        thread,
        method);
  }

  private static Death killed(String signals, int status, Category category, String words) {
    return new Death(
        List.of("sleep"),
        List.of(),
        List.of(signals.split(" ", -1)),
        status,
        category,
        words,
        null,
        null);
  }

  private static Death fault(String victim, String signal, String method) {
    return own(victim, 134, Category.VM_CRASH, signal, "crasher", method);
  }

  private static List<Death> deaths() {
    return List.of(
        fault("null", "SIGSEGV (SEGV_MAPERR, write) at 0x18", "nullDereference"),
        fault("compiled-read", "SIGSEGV", "compiledRead"),
        fault("unsafe-write", "SIGSEGV", "unsafeWrite").vm("-Xint"),
        fault("fpe", "SIGFPE (FPE_INTDIV)", "divideByZero"),
        fault("ill", "SIGILL", "illegalInstruction"),
        fault("bus", "SIGBUS (BUS_ADRERR", "read"),
        own("two-threads", 134, Category.VM_CRASH, "SIGSEGV", "crasher", "nullDereference"),
        own("abort", 134, Category.NATIVE_ABORT, "called abort()", "crasher", "callAbort"),
        own(
            "assertion 7",
            134,
            Category.NATIVE_ABORT,
            "Assertion `number == 42' failed",
            "crasher",
            "failAssertion"),
        own("heap", 134, Category.NATIVE_ABORT, "free()", "crasher", "freeWrongPointer"),
        own(
            "terminate",
            134,
            Category.NATIVE_ABORT,
            "std::terminate ended the process, in libvictim.so",
            "crasher",
            "terminate"),
        own(
            "fatal-error 1",
            134,
            Category.NATIVE_ABORT,
            "JNI FatalError in io.jmortem.it.victim.Native.fatalError: victim: gave up",
            "crasher",
            "fatalError"),
        own(
                "deleted-reference",
                134,
                Category.NATIVE_ABORT,
                "-Xcheck:jni found an error in io.jmortem.it.victim.Native.passDeletedReference",
                "crasher",
                "passDeletedReference")
            .vm("-Xcheck:jni"),
        own(
            "native-overflow",
            139,
            Category.FATAL_SIGNAL,
            "SIGSEGV ended the process by its default action",
            "crasher",
            "overflowStack"),
        own("raise 9", 137, Category.KILLED, "by the process to itself", "crasher", "raiseSignal"),
        own("cpu-time", 152, Category.FATAL_SIGNAL, "the limit of CPU time", "crasher", null),
        own(
            "seccomp",
            159,
            Category.FATAL_SIGNAL,
            "seccomp refused system call 110",
            "crasher",
            "callRefused"),
        killed("KILL", 137, Category.KILLED, "SIGKILL was sent by kill"),
        killed("TERM", 143, Category.KILLED, "SIGTERM was sent by kill"),
        killed("XCPU", 152, Category.KILLED, "SIGXCPU was sent by kill"),
        killed("SEGV", 134, Category.KILLED, "SIGSEGV was sent by kill"),
        killed("ABRT", 134, Category.KILLED, "SIGABRT was sent by kill"),
        own("exit 3", 3, Category.EXIT, "System.exit(3) was called", "crasher", "exit"),
        own("halt 7", 7, Category.EXIT, "Runtime.halt(7) was called", "crasher", "halt"),
        own(
            "exit-native 5",
            5,
            Category.EXIT,
            "libvictim.so called _exit(5)",
            "crasher",
            "exitNow"),
        own(
            "exit-orderly 6",
            6,
            Category.EXIT,
            "libvictim.so called exit(6)",
            "crasher",
            "exitOrderly"),
        own("throw", 1, Category.EXIT, "main ended with an exception", null, null),
        own(
                "out-of-memory",
                3,
                Category.EXIT,
                "-XX:+ExitOnOutOfMemoryError: an OutOfMemoryError in thread \"crasher\"",
                "crasher",
                "outOfMemory")
            .vm("-Xmx16m", "-XX:+ExitOnOutOfMemoryError"),
        own("out-of-memory", 134, Category.VM_ERROR, "Java heap space", "crasher", "outOfMemory")
            .vm("-Xmx16m", "-XX:+CrashOnOutOfMemoryError"),
        own(
                "out-of-memory",
                137,
                Category.KILLED,
                "-XX:OnOutOfMemoryError=\"kill -9 %p\" sent SIGKILL: an OutOfMemoryError",
                "crasher",
                "outOfMemory")
            .vm("-Xmx16m", "-XX:OnOutOfMemoryError=kill -9 %p"));
  }

  static Stream<Case> cases() {
    return Jdk.all()
        .flatMap(
            jdk ->
                Stream.of(true, false)
                    .flatMap(root -> deaths().stream().map(death -> new Case(jdk, root, death))));
  }

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void death(Case each) {
    Death death = each.death;
    VictimRun run =
        new VictimRun(each.jdk, death.victim.toArray(String[]::new))
            .vm(death.vm.toArray(String[]::new));
    if (!each.root) {
      run.asOrdinaryUser();
    }
    run.start();
    if (!death.kill.isEmpty()) {
      long pid = run.awaitAsleep();
      death.kill.forEach(signal -> Tests.run("sh", "-c", "exec kill -" + signal + " " + pid));
    }
    Report report = run.finish().report();

    assertEquals(death.status, run.status());
    if (each.root) {
      assertSeenByTheKernel(death, report);
    } else {
      assertSeenInTheExit(death, report);
    }
    assertFalse(hasErrors(report), () -> report.softErrors().toString());
  }

  private static boolean hasErrors(Report report) {
    return report.softErrors() != null && !report.softErrors().isEmpty();
  }

  private static void assertSeenByTheKernel(Death death, Report report) {
    Report.Diagnosis diagnosis = report.diagnosis();
    assertEquals(death.category, diagnosis.category(), diagnosis::toString);
    assertTrue(diagnosis.summary().contains(death.words), diagnosis::toString);
    assertEquals("full", report.capture().level(), () -> report.capture().toString());
    assertThreads(death, report);
    if (death.thread != null) {
      ThreadInfo first = report.crashedThread().orElseThrow();
      assertTrue(first.name().startsWith(death.thread), first::toString);
      assertTrue(
          death.method == null
              || first.frames().stream().anyMatch(frame -> death.method.equals(frame.method())),
          first::toString);
      assertEquals(
          death.category == Category.EXIT ? first.nativeId() : null,
          report.termination().exitedBy());
    } else if (!death.victim.contains("throw") && !death.kill.contains("SEGV")) {
      assertTrue(report.crashedThread().isEmpty(), () -> report.crashedThread().toString());
    }
    if (!death.kill.isEmpty()) {
      assertSender(report.sender());
    }
  }

  private static void assertSender(Report.Sender sender) {
    assertTrue(sender.hasSender());
    assertEquals("kill", sender.executable());
    assertTrue(sender.commandLine().startsWith("kill -"), sender::toString);
    assertEquals("kill", sender.how());
    assertEquals(0, sender.userId());
    assertEquals(sender.pid(), sender.tid());
    assertTrue(sender.pidNamespace() > 0);
    assertTrue(
        sender.ancestry().stream().anyMatch(each -> each.pid() == ProcessHandle.current().pid()),
        sender::toString);
  }

  /**
   * Without privileges, neither the sender nor the calls are known, so the verdict is less certain.
   */
  private static void assertSeenInTheExit(Death death, Report report) {
    Report.Diagnosis diagnosis = report.diagnosis();
    boolean isSentFault = death.kill.contains("SEGV");
    boolean byStatus = death.category == Category.KILLED && death.status != 137 && !isSentFault;
    if (!byStatus) {
      assertEquals(death.category, diagnosis.category(), diagnosis::toString);
    }
    if (death.category == Category.VM_CRASH && !isSentFault) { // HotSpot's log has its si_code
      assertEquals(Report.Sender.NOBODY, report.sender());
    } else {
      assertNull(report.sender());
    }
    assertEquals("memory", report.capture().level(), () -> report.capture().toString());
    assertEquals("exit", report.capture().moment());
    assertTrue(report.capture().missing().get(0).startsWith("BPF: "));
    assertEquals(death.category == Category.EXIT, isCertain(report) && death.status < 128);
    assertThreads(death, report);
  }

  private static boolean isCertain(Report report) {
    return report.diagnosis().confidence() == Confidence.CERTAIN
        || report.diagnosis().summary().startsWith("-XX:+ExitOnOutOfMemoryError");
  }

  /** The report has every Java thread with its stack. */
  private static void assertThreads(Death death, Report report) {
    List<String> names = new ArrayList<>();
    for (ThreadInfo thread : report.threads()) {
      if (thread.id() != null) {
        names.add(thread.name());
      }
    }
    assertTrue(names.containsAll(List.of("Reference Handler", "jmortem")), names::toString);
    if (!death.victim.contains("throw")) {
      assertTrue(names.contains("crasher") && names.contains("main"), names::toString);
      assertMethod(report, "main", "main");
      // one of two crashing threads is the first
      boolean either = death.method == null || death.victim.contains("two-threads");
      assertMethod(report, "crasher", either ? "run" : death.method);
    }
  }

  private static void assertMethod(Report report, String name, String method) {
    ThreadInfo thread =
        report.threads().stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow();
    assertTrue(
        thread.frames() != null
            && thread.frames().stream().map(Frame::method).anyMatch(method::equals),
        thread::toString);
  }
}
