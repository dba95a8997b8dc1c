// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A JVM that dies before or during arming; the progress of arming differs each time. */
class EarlyDeathIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  /** There is hs_err, so the verdict is never an abort() by native code. */
  @ParameterizedTest
  @ValueSource(strings = {"null", "compiled-read", "null elsewhere"})
  void crash(String how) {
    VictimRun run = new VictimRun(Jdk.own(), how.split(" ", -1)[0]).early();
    if (how.endsWith("elsewhere")) {
      run.vm("-XX:ErrorFile=" + run.directory().resolve("logs-%p"));
    }
    run.run();

    assertEquals(134, run.status());
    for (Path each : Tests.list(run.directory().resolve("reports"))) {
      Report report = Tests.report(each);
      assertEquals(Category.VM_CRASH, report.diagnosis().category(), report.diagnosis()::toString);
      assertTrue(report.hsErr() != null, run::stderr);
    }
  }

  /** There is no log: the verdict is at most "possible", unless the death was recorded. */
  @ParameterizedTest
  @ValueSource(strings = {"abort", "native-overflow"})
  void endedBySignal(String how) {
    VictimRun run = new VictimRun(Jdk.own(), how).early().run();

    for (Path each : Tests.list(run.directory().resolve("reports"))) {
      Report.Diagnosis diagnosis = Tests.report(each).diagnosis();
      boolean isUnseen = diagnosis.summary().contains("the cause was not recorded");
      assertTrue(
          isUnseen
              ? diagnosis.confidence() == Report.Confidence.POSSIBLE
              : List.of(Category.NATIVE_ABORT, Category.FATAL_SIGNAL, Category.VM_CRASH)
                  .contains(diagnosis.category()),
          diagnosis::toString);
    }
  }
}
