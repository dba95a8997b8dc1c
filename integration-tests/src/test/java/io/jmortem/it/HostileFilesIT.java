// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** File names by which a JVM tries to lead root's helper to other files. */
@Timeout(value = 120, unit = TimeUnit.SECONDS) // opening a pipe would hang forever
class HostileFilesIT {

  private static final String SECRET = "the-words-that-only-root-may-read";

  /** A file that looks like a log, with text that must not be read. */
  private static final String LOG =
      "# A fatal error\n#\n#  SIGSEGV (0xb) at pc=0x0000000000000001, tid=1\n# " + SECRET + "\n";

  private Path secrets;

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  @BeforeEach
  void hide() throws IOException {
    secrets = Files.createTempDirectory(Path.of("/var/tmp"), "jmortem-it-");
  }

  @AfterEach
  void remove() throws IOException {
    for (Path each : Tests.list(secrets)) {
      Files.delete(each);
    }
    Files.delete(secrets);
  }

  /** In a container of root: absolute links stay below the container's root. */
  @ParameterizedTest
  @ValueSource(strings = {"/logs/link/hs_err.log", "/logs/file", "/logs/up/hs_err.log"})
  void linkOutOfAContainer(String errorFile) throws IOException {
    try (LiveJvm jvm =
        LiveJvm.startBelow(inItsOwnRoot(), Jdk.own(), "null", "-XX:ErrorFile=" + errorFile)) {
      Cli watch = Cli.start("watch", "--json", Long.toString(jvm.pid()));
      watch.awaitLine("armed");
      Files.writeString(secrets.resolve("hs_err.log"), LOG);
      jvm.go();
      Report report = watch.awaitEnd().report();

      assertEquals(Category.VM_CRASH, report.diagnosis().category());
      assertTrue(
          report.hsErr().path().matches(".*/hs_err_pid\\d+\\.log"), report.hsErr()::toString);
      assertKept(watch.reportDirectory());
    }
  }

  /** A root directory with the files of a JVM, and links to files outside. */
  private List<String> inItsOwnRoot() {
    Path root = Tests.newDirectory();
    String script =
        """
        mount -t tmpfs root "$0"
        for each in usr lib lib64 bin etc proc dev tmp; do
          if [ -L "/$each" ]; then cp -a "/$each" "$0/"; continue; fi
          mkdir "$0/$each" && mount --rbind "/$each" "$0/$each"
        done
        mkdir -p "$0$CLASSES" "$0/logs" && mount --bind "$CLASSES" "$0$CLASSES"
        ln -s "$SECRETS" "$0/logs/link"
        ln -s "$SECRETS/hs_err.log" "$0/logs/file"
        ln -s "../../../../../../../../../../..$SECRETS" "$0/logs/up"
        exec chroot "$0" "$@"
        """;
    return List.of(
        "unshare",
        "-m",
        "env",
        "CLASSES=" + Path.of("target/old-victims").toAbsolutePath(),
        "SECRETS=" + secrets,
        "sh",
        "-ec",
        script,
        root.toString());
  }

  private static void assertKept(Path report) {
    for (Path each : Tests.list(report)) {
      assertFalse(Tests.read(each).contains(SECRET), each::toString);
    }
  }

  /** The user of the JVM can't read root's file by naming it as the log. */
  @Test
  void rootsFileAsTheLogOfAnOrdinaryUser() throws IOException {
    Path file = secrets.resolve("hs_err.log");
    Files.writeString(file, LOG);
    try (LiveJvm jvm =
        LiveJvm.startBelow(InstalledHelper.NOBODY, Jdk.own(), "null", "-XX:ErrorFile=" + file)) {
      Cli watch = Cli.start("watch", "--json", Long.toString(jvm.pid()));
      watch.awaitLine("armed");
      Files.writeString(file, LOG);
      jvm.go();
      Report report = watch.awaitEnd().report();

      assertEquals(Category.VM_CRASH, report.diagnosis().category());
      assertKept(watch.reportDirectory());
    }
  }

  /** A user has created the directory for root's report, with links in it. */
  @ParameterizedTest
  @ValueSource(strings = {"chown -R 65534", "chmod 777", "chmod 1777", "chmod 770"})
  void directoryThatOthersOwn(String made) throws IOException {
    Path reports = Tests.newDirectory().resolve("jmortem-reports");
    Files.createDirectory(reports);
    assertEquals("", Tests.run("sh", "-c", made + " " + reports));
    try (LiveJvm jvm = LiveJvm.startBelow(InstalledHelper.NOBODY, Jdk.own(), "sleep")) {
      Cli watch =
          Cli.start("watch", "--json", "--dir", reports.toString(), Long.toString(jvm.pid()));
      watch.awaitLine("armed");
      jvm.go().awaitLine("asleep");
      jvm.kill("KILL");
      watch.awaitEnd();

      assertEquals(List.of(), Tests.list(reports));
      assertTrue(
          watch.stderr().contains("another user owns it, or may write to it"), watch::stderr);
      Path elsewhere = Path.of(watch.stderr().strip().replaceFirst("(?s).* -> ", ""));
      assertEquals(Category.KILLED, Tests.report(elsewhere).diagnosis().category());
      Tests.run("rm", "-r", elsewhere.toString());
    }
  }

  /** A user's link in the path: root would create directories where the user wants. */
  @Test
  void linkOfAnotherUser() throws IOException {
    Path place = Tests.newDirectory();
    Files.createSymbolicLink(place.resolve("link"), secrets);
    assertEquals("", Tests.run("chown", "-h", "65534", place.resolve("link").toString()));
    try (LiveJvm jvm = LiveJvm.startBelow(InstalledHelper.NOBODY, Jdk.own(), "sleep")) {
      Cli watch =
          Cli.start("watch", "--json", "--dir", place + "/link/reports", Long.toString(jvm.pid()));
      watch.awaitLine("armed");
      jvm.go().awaitLine("asleep");
      jvm.kill("KILL");
      watch.awaitEnd();

      assertEquals(List.of(), Tests.list(secrets));
      Path elsewhere = Path.of(watch.stderr().strip().replaceFirst("(?s).* -> ", ""));
      Tests.run("rm", "-r", elsewhere.toString());
    }
  }

  /** Arguments of the application that look like argument files of the launcher. */
  @ParameterizedTest
  @ValueSource(strings = {"fifo", "/dev/zero", "/proc/kmsg"})
  void argumentThatIsNoArgumentFile(String name) throws IOException {
    Path directory = Tests.newDirectory();
    Tests.run("mkfifo", directory.resolve("fifo").toString());
    VictimRun run =
        new VictimRun(Jdk.own(), "null", "0", "@" + directory.resolve(name)).agent("snapshot=off");

    assertEquals(Category.VM_CRASH, run.run().report().diagnosis().category());
  }
}
