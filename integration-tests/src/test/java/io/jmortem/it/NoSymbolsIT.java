// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Crashes of a libjvm without symbols, with a log at an unusual place, or without a log. */
class NoSymbolsIT {

  private static final Path FIFO = Tests.newDirectory().resolve("fifo");

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
    Tests.run("mkfifo", FIFO.toString());
  }

  static Stream<Arguments> withoutLog() {
    Path copies = Tests.newDirectory();
    List<Jdk> jdks = Jdk.all().map(jdk -> jdk.stripped(copies.resolve(jdk.toString()))).toList();
    return Stream.of(
        Arguments.of(jdks.get(0), List.of("-XX:ErrorFile=" + FIFO), "is not a regular file"),
        Arguments.of(
            jdks.get(1),
            List.of("-XX:+ErrorFileToStderr", "-XX:-CreateCoredumpOnCrash"),
            "printed on stderr"));
  }

  private static Report crash(LiveJvm jvm) {
    Cli watch = Cli.start("watch", "--json", "" + jvm.pid());
    watch.awaitLine("\"level\":\"full\"");
    jvm.go();
    watch.awaitEnd();
    Report report = watch.report();

    assertEquals(Category.VM_CRASH, report.diagnosis().category(), report.diagnosis()::toString);
    assertEquals(Confidence.CERTAIN, report.diagnosis().confidence());
    assertEquals("SIGSEGV", report.sigInfo().signoHumanReadable());
    assertEquals("0x18", report.sigInfo().address());
    assertTrue(
        report.ucontext().mappings().get("rip").contains("libjvm.so"), report.ucontext()::toString);
    return report;
  }

  @ParameterizedTest
  @MethodSource
  void withoutLog(Jdk jdk, List<String> options, String why) {
    try (LiveJvm jvm = LiveJvm.start(jdk, "null", options.toArray(String[]::new))) {
      Report report = crash(jvm);

      assertEquals(null, report.hsErr());
      assertTrue(
          report.capture().missing().stream()
              .anyMatch(missing -> missing.startsWith("hs_err: ") && missing.contains(why)),
          report.capture()::toString);
    }
  }

  /** Debian's JDK 8, and a log that only the JVM's own mount namespace has. */
  @ParameterizedTest
  @MethodSource("old")
  void onMountOfItsOwn(Jdk jdk) {
    List<String> below =
        List.of("unshare", "-m", "sh", "-c", "mount -t tmpfs none \"$0/tmp\" && exec \"$@\"");
    try (LiveJvm jvm =
        LiveJvm.startBelow(
            Stream.concat(below.stream(), Stream.of("" + jdk.root())).toList(),
            jdk,
            "null",
            "-XX:ErrorFile=/tmp/own.log")) {
      Report report = crash(jvm);

      assertNotNull(report.hsErr(), report.capture()::toString);
      assertEquals("/tmp/own.log", report.hsErr().path());
    }
  }

  static Stream<Jdk> old() {
    return Stream.of(Jdk.unpacked(8));
  }
}
