// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What `jmortem daemon` tells the helper that it becomes, and when it refuses to start. */
class DaemonCommandIT {

  /** In place of the helper: prints how it was started and what it was told. */
  private static final String HELPER =
      """
      #!/bin/sh
      if [ "$1" = daemon ]; then
        echo "pid=$$ words=$#"
        tr '\\0' '\\n' < "$2"
        rm -r "${2%/config}"
        exit 7
      fi
      exec cat
      """;

  private Path directory;
  private Path helper;

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  @BeforeEach
  void prepared() throws IOException {
    directory = Tests.newDirectory();
    helper = Files.writeString(directory.resolve("helper"), HELPER);
    Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Cli daemon(String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "daemon",
                "--helper",
                helper.toString(),
                "--dir",
                directory.resolve("store").toString(),
                "--socket",
                directory.resolve("run/daemon.sock").toString()));
    words.addAll(Arrays.asList(more));
    return Cli.run(words.toArray(String[]::new));
  }

  private void assertRefused(Cli cli, String why) {
    assertEquals(1, cli.status(), cli::stderr);
    assertTrue(cli.stderr().contains(why), cli::stderr);
    assertEquals(1, cli.stderr().lines().count(), cli::stderr);
  }

  /** One process all along: a service manager knows it by its pid. */
  @Test
  void becomesTheHelper() throws IOException {
    Path file =
        Files.writeString(directory.resolve("conf"), "keep=3\ndeadline=5s\nmatch=env=STAGE=p*\n");
    Cli cli =
        daemon("--config=" + file, "--skip", "cgroup=*kube*", "--match=user=nobody", "--keep", "5");

    assertEquals(7, cli.status(), cli::stderr);
    List<String> told = cli.stdout();
    assertTrue(told.contains("pid=" + cli.pid() + " words=2"), told::toString);
    assertTrue(told.contains("socket=" + directory + "/run/daemon.sock"), told::toString);
    assertTrue(told.contains("dir=" + directory + "/store"), told::toString);
    assertTrue(told.contains("deadline-ms=5000"), told::toString);
    assertTrue(told.contains("keep=5"), told::toString);
    assertFalse(told.contains("keep=3"), told::toString);
    int rules = told.indexOf("match=skip cgroup *kube*");
    assertEquals(
        List.of("take user 65534", "take env STAGE=p*"),
        told.subList(rules + 1, rules + 3),
        told::toString);
    assertEquals("rwx--x--x", mode("store"));
    assertEquals("rwxr-xr-x", mode("run"));
  }

  private String mode(String name) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name)));
  }

  @Test
  void ordinaryUser() {
    assertRefused(
        Cli.startBelow(List.of("setpriv", "--reuid", "4242", "--clear-groups"), "daemon").finish(),
        "run it as root");
  }

  @Test
  void storeThatOthersWrite() throws IOException {
    Files.createDirectory(directory.resolve("store"));
    Files.setPosixFilePermissions(
        directory.resolve("store"), PosixFilePermissions.fromString("rwxrwxr-x"));
    assertRefused(daemon(), "can be written by others; use a directory");
  }

  @Test
  void socketOfAnotherUser() throws IOException {
    Files.createDirectory(directory.resolve("run"));
    assertEquals("", Tests.run("chown", "4242", directory.resolve("run").toString()));
    assertRefused(daemon(), "belongs to another user (4242); use a directory");
  }

  /** Nothing is left of a daemon that did not start. */
  @Test
  void unknownUser() throws IOException {
    Path tmp = Files.createDirectory(directory.resolve("tmp"));
    Cli cli =
        Cli.startBelow(
                List.of("env", "JDK_JAVA_OPTIONS=-Djava.io.tmpdir=" + tmp),
                "daemon",
                "--helper=" + helper,
                "--dir=" + directory.resolve("store"),
                "--socket=" + directory.resolve("run/daemon.sock"),
                "--match=user=nosuchuser")
            .finish();
    assertEquals(1, cli.status(), cli::stderr);
    assertTrue(cli.stderr().contains("there is no user nosuchuser"), cli::stderr);
    assertEquals(List.of(), Tests.list(tmp));
  }

  /** Root would run what another user wrote into the jar. */
  @Test
  void jarOfAnotherUser() throws IOException {
    Path jar = Files.copy(Tests.jar(), directory.resolve("other.jar"));
    assertEquals("", Tests.run("chown", "4242", jar.toString()));
    Process process =
        new ProcessBuilder(Jdk.own().java().toString(), "-jar", jar.toString(), "daemon")
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(said.contains("the daemon does not run from " + jar + ", because "), said);
  }
}
