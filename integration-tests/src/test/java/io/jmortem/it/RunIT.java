// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.it.victim.Victim;
import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Commands with every JVM below them watched. */
class RunIT {

  private static final List<String> WITHOUT_BPF =
      List.of("setpriv", "--bounding-set=-bpf,-perfmon,-sys_admin");

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  private static String[] run(Jdk jdk, String... death) {
    List<String> words = new ArrayList<>(List.of("run", "--"));
    words.addAll(victim(jdk, death));
    return words.toArray(String[]::new);
  }

  private static List<String> victim(Jdk jdk, String... death) {
    List<String> words =
        new ArrayList<>(
            List.of(
                jdk.java().toString(),
                "-Dvictim.library=" + Tests.victimLibrary(),
                "-cp",
                Tests.classes().toString(),
                Victim.class.getName()));
    words.addAll(List.of(death));
    return words;
  }

  static Stream<Arguments> statuses() {
    return Stream.of(
        Arguments.of(0, List.of("true")),
        Arguments.of(7, List.of("sh", "-c", "exit 7")),
        Arguments.of(128 + 9, List.of("sh", "-c", "kill -9 $$")),
        Arguments.of(128 + 11, List.of("sh", "-c", "kill -SEGV $$")),
        Arguments.of(128 + 2, List.of("sh", "-c", "kill -INT $$")),
        Arguments.of(126, List.of("/etc/passwd")),
        Arguments.of(127, List.of("no-such-command")));
  }

  /** If a signal ended the command, run ends by the same signal. */
  @ParameterizedTest
  @MethodSource("statuses")
  void exitStatusIsPassedOn(int status, List<String> command) {
    List<String> words = new ArrayList<>(List.of("run", "--"));
    words.addAll(command);
    assertEquals(status, Cli.run(words.toArray(String[]::new)).status());
  }

  @Test
  void usage() {
    assertEquals(2, Cli.run("run").status());
    assertEquals(125, Cli.run("run", "--helper", "/nowhere", "--", "true").status());
  }

  /** The command has the streams, environment and descriptors of the caller. */
  @Test
  void nothingIsChanged() {
    String state =
        "readlink /proc/self/fd/* | grep -v /proc; env | sort; ps -o pgid= -p $$; ulimit -a;"
            + " grep -E '^(Sig|Seccomp|NoNewPrivs|Cap)' /proc/self/status | grep -v SigQ";
    String shell = "exec 7</dev/null; \"$@\" sh -c '" + state + "'";
    List<String> java =
        List.of(Jdk.own().java().toString(), "-jar", Tests.jar().toString(), "run", "--");
    List<String> bare = List.of("sh", "-c", shell, "sh", "env");
    List<String> watched = new ArrayList<>(List.of("sh", "-c", shell, "sh"));
    watched.addAll(java);

    assertEquals(
        Tests.run(bare.toArray(String[]::new)).replaceAll("pipe:\\[\\d+\\]| *\\d+\n", "-"),
        Tests.run(watched.toArray(String[]::new)).replaceAll("pipe:\\[\\d+\\]| *\\d+\n", "-"));
  }

  /** Arguments are passed byte by byte in any locale; @words are not expanded. */
  @Test
  void argumentsArePassedOn() {
    String words = "@/etc/hostname '' 'a b' \"$(printf 'gr\\303\\274n \\377')\" '*' -- --json";
    String shown = " printf '<%s>' " + words;
    String java = Jdk.own().java() + " -jar " + Tests.jar() + " run --";

    assertEquals(
        hex("LC_ALL=C" + shown),
        hex("LC_ALL=C " + java + shown.replace(" printf", " /usr/bin/printf")));
  }

  private static String hex(String command) {
    return Tests.run("sh", "-c", "{ " + command + "; } | od -c");
  }

  /** If another process stops the command, run waits, and is not stopped itself. */
  @Test
  void stopped() {
    Cli cli = Cli.start("run", "--", "sh", "-c", "echo $$; read line; exit 6");
    String pid = cli.awaitLine("");
    Tests.run("kill", "-STOP", pid);
    Tests.await(
        "stop", () -> Tests.read(Path.of("/proc/" + pid + "/status")).contains("T (stopped)"));
    Tests.run("kill", "-CONT", pid);
    cli.type("go");
    cli.finish();

    assertEquals(6, cli.status());
  }

  @Test
  void capabilitiesAreTheCommands() {
    List<String> user =
        List.of(
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--inh-caps=+net_bind_service",
            "--ambient-caps=+net_bind_service");
    Cli cli = Cli.startBelow(user, "run", "--", "grep", "CapEff", "/proc/self/status").finish();

    assertEquals(List.of("CapEff:\t0000000000000400"), cli.stdout());
    assertEquals(1, cli.stderr().lines().count(), cli::stderr);
  }

  /** The JVM has hardly begun. */
  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void crashedAtStart(Jdk jdk) {
    Cli cli = Cli.startBelow(List.of("prlimit", "--core=0"), run(jdk, "null")).finish();

    assertEquals(128 + 6, cli.status(), cli::stderr);
    Report report = cli.report();
    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertEquals(Report.Confidence.CERTAIN, report.diagnosis().confidence(), cli::stderr);
    assertEquals("crasher", report.crashedThread().orElseThrow().name());
    assertTrue(cli.stderr().contains(" -> " + cli.reportDirectory()), cli::stderr);
  }

  @Test
  void belowAShell() {
    List<String> words =
        new ArrayList<>(List.of("run", "--", "sh", "-c", "\"$@\"; \"$@\"; exit 4", "sh"));
    words.addAll(victim(Jdk.own(), "exit", "3"));
    Cli cli = Cli.run(words.toArray(String[]::new));

    assertEquals(4, cli.status(), cli::stderr);
    assertEquals(2, Tests.list(cli.directory().resolve("jmortem-reports")).size(), cli::stderr);
  }

  /** A signal to run is passed on to the JVM, and to the caller by the status. */
  @Test
  void signalsArePassedOn() {
    Cli cli = Cli.start(run(Jdk.own(), "sleep"));
    cli.awaitLine("asleep");
    Tests.run("kill", "-TERM", "" + cli.pid());
    cli.awaitEnd();

    assertEquals(143, cli.status(), cli::stderr);
    Report report = cli.report();
    assertEquals(Category.KILLED, report.diagnosis().category());
  }

  /** Without privileges, JVMs are found by the file that each one opens, and held. */
  @Test
  void withoutBpf() {
    Cli cli = Cli.startBelow(WITHOUT_BPF, run(Jdk.own(), "exit", "3")).finish();

    assertEquals(3, cli.status(), cli::stderr);
    assertEquals(Category.EXIT, cli.report().diagnosis().category());
    assertEquals("memory", cli.report().capture().level());
    assertEquals(
        2, cli.stderr().lines().filter(line -> line.startsWith("jmortem: ")).count(), cli::stderr);
    assertEquals(2, cli.stderr().lines().count(), cli::stderr);
  }

  /** run as the first process of a container, so that the JVM is not the first one. */
  @Test
  void firstProcessOfItsNamespace() {
    Cli cli =
        Cli.startBelow(
                List.of("unshare", "-pf", "--kill-child", "--mount-proc"), run(Jdk.own(), "abort"))
            .finish();

    assertEquals(128 + 6, cli.status(), cli::stderr);
    assertEquals(Category.NATIVE_ABORT, cli.report().diagnosis().category());
  }

  /** The agent does nothing, because run already watches the JVM. */
  @Test
  void commandWithAgent() {
    List<String> words = new ArrayList<>(List.of("run", "--"));
    words.addAll(victim(Jdk.own(), "exit", "3"));
    words.add(3, "-javaagent:" + Tests.jar());
    words.add(4, "-Dvictim.await=true");
    Cli cli = Cli.run(words.toArray(String[]::new));

    assertEquals(3, cli.status());
    assertTrue(cli.stderr().contains("this agent does nothing"), cli::stderr);
    assertEquals(Category.EXIT, cli.report().diagnosis().category());
  }
}
