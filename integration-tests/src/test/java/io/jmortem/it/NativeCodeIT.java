// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Native code that ends the process: in its own threads, in the first thread, during exit. */
class NativeCodeIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  static Stream<Jdk> jdks() {
    return Jdk.all();
  }

  private static Report report(VictimRun run, int status, Category category, String words) {
    Report report = run.start().finish().report();
    assertEquals(status, run.status());
    assertEquals(category, report.diagnosis().category(), report.diagnosis()::toString);
    assertTrue(report.diagnosis().summary().contains(words), report.diagnosis()::toString);
    return report;
  }

  @ParameterizedTest
  @MethodSource("jdks")
  void exceptionInAThreadThatTheVmDoesNotKnow(Jdk jdk) {
    VictimRun run = new VictimRun(jdk, "exception");
    Report report = report(run, 134, Category.NATIVE_ABORT, "");

    assertNoJavaThread(report);
    if (isWalked(run, report)) {
      String signature = report.signature();
      String summary = report.diagnosis().summary();
      assertTrue(
          summary.startsWith(
              "an uncaught C++ exception, std::runtime_error: victim: bad stream, in"
                  + " libvictim.so"),
          summary);
      assertTrue(summary.contains("not attached to the VM"), summary);
      assertTrue(signature.contains("libvictim.so!throw_exception"), signature);
    }
  }

  @ParameterizedTest
  @MethodSource("jdks")
  void jniInAThreadThatTheVmDoesNotKnow(Jdk jdk) {
    VictimRun run = new VictimRun(jdk, "others-env");
    Report report = report(run, 134, Category.VM_CRASH, "SIGSEGV");
    String summary = report.diagnosis().summary();

    assertNoJavaThread(report);
    // hs_err also says so, whatever the walk found
    assertTrue(summary.contains("not attached to the VM"), summary);
    if (isWalked(run, report)) {
      assertTrue(summary.contains("which called JNI FindClass from libvictim.so"), summary);
    }
  }

  /** The thread has the name of the Java thread that created it. */
  private static void assertNoJavaThread(Report report) {
    String summary = report.diagnosis().summary();
    assertFalse(summary.contains("thread \"crasher\""), summary);
  }

  /** On a busy machine, the time may run out before that thread is stopped or read. */
  private static boolean isWalked(VictimRun run, Report report) {
    int id = report.crashedThread().orElseThrow().nativeId();
    return Tests.read(run.reportDirectories().get(0).resolve("evidence.ndjson"))
        .lines()
        .anyMatch(
            line -> line.contains("\"event\":\"stacks\"") && line.contains("\"nativeId\":" + id));
  }

  @ParameterizedTest
  @MethodSource("jdks")
  void crashWhileExiting(Jdk jdk) {
    Report report =
        report(
            new VictimRun(jdk, "exit-handler", "0"),
            134,
            Category.VM_CRASH,
            "while the process was exiting with status 0");

    assertEquals("exiting", report.diagnosis().phase());
    assertTrue(
        report(
                new VictimRun(jdk, "exit-handler", "5"),
                134,
                Category.VM_CRASH,
                "while the process was exiting with status 5")
            .signature()
            .contains("libvictim.so!crash_at_exit"));
  }

  @ParameterizedTest
  @MethodSource("jdks")
  void nullCheckThatAnotherHandlerTook(Jdk jdk) {
    Report report =
        report(
            new VictimRun(jdk, "refused-null-check"),
            139,
            Category.FATAL_SIGNAL,
            "which the signal handler of libvictim.so received instead of HotSpot's and raised again");

    assertTrue(
        report.crashedThread().orElseThrow().frames().stream()
            .anyMatch(frame -> "nullChecks".equals(frame.method())),
        report::toString);
    assertTrue(report.diagnosis().hint().contains("NullPointerException"));
  }

  /** Only hs_err shows it: the thread was in Java code, which does not call raise(). */
  @ParameterizedTest
  @MethodSource("jdks")
  void nullCheckThatAnotherHandlerRaisedAgain(Jdk jdk) {
    VictimRun run =
        new VictimRun(jdk, "raised-null-check")
            .below("setpriv", "--bounding-set=-bpf,-perfmon,-sys_admin");

    report(
        run,
        134,
        Category.FATAL_SIGNAL,
        "SIGSEGV was raised again by a signal handler other than HotSpot's, after a fault in Java"
            + " code in thread \"crasher\"");
  }

  @ParameterizedTest
  @MethodSource("jdks")
  void exitInTheFirstThread(Jdk jdk) {
    VictimRun orderly =
        new VictimRun(jdk, "exit-orderly", "3")
            .below(Tests.launcher().toString())
            .vm("-Dvictim.main=true");
    VictimRun now =
        new VictimRun(jdk, "exit-native", "1")
            .below(Tests.launcher().toString())
            .vm("-Dvictim.main=true");

    report(
        orderly, 3, Category.EXIT, "native code in libvictim.so called exit(3) in thread \"main\"");
    report(now, 1, Category.EXIT, "native code in libvictim.so called _exit(1) in thread \"main\"");
  }

  @ParameterizedTest
  @MethodSource("jdks")
  void returnFromMainAfterTheJvmWasDestroyed(Jdk jdk) {
    VictimRun run =
        new VictimRun(jdk, "null-checks", "1")
            .below("env", "LAUNCHER_STATUS=7", Tests.launcher().toString());

    report(
        run, 7, Category.EXIT, "main() of launcher returned 7, after the JVM had been destroyed");
  }

  /** The same without hs_err: names come from the files. */
  @ParameterizedTest
  @MethodSource("jdks")
  void namesDependOnNoLog(Jdk jdk) {
    Report with = report(new VictimRun(jdk, "null"), 134, Category.VM_CRASH, "SIGSEGV");
    Report without =
        report(
            new VictimRun(jdk, "null")
                .vm("-XX:ErrorFile=/nowhere/at/all", "-XX:+SuppressFatalErrorMessage"),
            134,
            Category.VM_CRASH,
            "SIGSEGV");

    assertNotNull(with.hsErr());
    assertEquals(null, without.hsErr());
    assertEquals(with.signature(), without.signature());
    assertEquals(with.fingerprint(), without.fingerprint());
  }
}
