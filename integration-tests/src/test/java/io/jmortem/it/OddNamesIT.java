// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.ReportJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Directories with line breaks in their names, or with names that are not valid text. */
class OddNamesIT {

  /**
   * Uses a shell, because Java can't pass such names: creates the directory, changes to it, and
   * puts its name in place of {@code @@} in the command.
   */
  private static final String IN_DIRECTORY =
      """
      d=$PWD/$(printf "$0"); mkdir "$d"; cd "$d"
      for word; do
        shift
        case $word in *@@*) word=${word%%@@*}$d${word#*@@} ;; esac
        set -- "$@" "$word"
      done
      exec "$@"
      """;

  /**
   * @param name in the notation of printf(1) and ls(1)
   */
  @ParameterizedTest
  @CsvSource({
    "17, 'two\\nlines', C.UTF-8, reports, hs_err_pid%p.log",
    "17, 'esc\\033[31mred', C.UTF-8, @@/reports, @@/hs_%p.log",
    "17, 'bad\\377\\376bytes', C.UTF-8, @@/reports, @@/hs_%p.log",
    "25, 'bad\\377\\303\\251', C, @@/reports, @@/hs_%p.log"
  })
  void reportLandsThere(int feature, String name, String locale, String reports, String log)
      throws IOException {
    Jdk jdk = Jdk.all().filter(each -> each.feature() == feature).findFirst().orElseThrow();
    VictimRun run =
        new VictimRun(jdk, "null")
            .asOrdinaryUser()
            .below("env", "LC_ALL=" + locale, "sh", "-c", IN_DIRECTORY, name)
            .vm("-XX:ErrorFile=" + log)
            .reports(Path.of(reports))
            .run();

    // no directory with a similar name next to it
    assertEquals(
        Set.of(name, "status", "stderr", "tmp"),
        Set.of(
            Tests.run("env", "LC_ALL=C", "ls", "-b", "" + run.directory()).strip().split("\n", -1)),
        run::stderr);
    Report report =
        ReportJson.read(
            Tests.run("sh", "-c", "cat \"$0\"/*/reports/*/report.json", "" + run.directory()));
    assertEquals(Report.Category.VM_CRASH, report.diagnosis().category());
    assertNotNull(report.hsErr(), report.diagnosis()::summary);
    assertEquals("crasher", report.crashedThread().orElseThrow().name());
    String last = run.lines().get(run.lines().size() - 1);
    assertTrue(last.matches("jmortem: vm-crash, .* -> .*/reports/[\\w.-]+"), last);
    assertTrue(run.lines().stream().noneMatch(line -> line.indexOf('\033') >= 0), run::stderr);
  }
}
