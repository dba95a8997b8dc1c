// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jmortem.report.Report.Category;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A minimal runtime image: the reporter runs on the java of the watched JVM. */
class RuntimeIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void smallestImage(Jdk jdk) {
    Path bin = jdk.java().getParent();
    Path image = Tests.newDirectory().resolve("image");
    String output =
        Tests.run(
            bin.resolve("jlink").toString(),
            "--add-modules",
            "java.base,java.instrument",
            "--output",
            image.toString());
    Assumptions.assumeTrue(
        Files.isDirectory(image), () -> "skipped: no jlink in this JDK: " + output);

    VictimRun run = new VictimRun(new Jdk(jdk.feature(), image, null), "null").run();
    assertEquals(Category.VM_CRASH, run.report().diagnosis().category());
  }
}
