// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules and the file of `jmortem daemon`. */
class DaemonOptionsTest {

  @TempDir private Path dir;

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("daemon.conf"), text);
  }

  @Test
  void rules() {
    assertEquals(new MatchRule(true, MatchRule.Kind.user, "shop"), MatchRule.of(true, "user=shop"));
    assertEquals(
        new MatchRule(false, MatchRule.Kind.env, "STAGE=prod*"),
        MatchRule.of(false, "env=STAGE=prod*"));
    assertEquals(
        new MatchRule(false, MatchRule.Kind.command, "* -Da=b *"),
        MatchRule.of(false, "command=* -Da=b *"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "user",
        "user=",
        "=shop",
        "unit=shop",
        "User=shop",
        "env=STAGE",
        "env==prod",
        "command=a\ntake user 0",
        "command=\uFFFD"
      })
  void noRules(String text) {
    assertThrows(IllegalArgumentException.class, () -> MatchRule.of(true, text));
  }

  /** More than the helper would read. */
  @Test
  void longRule() {
    String text = "command=" + "x".repeat(1001);
    assertThrows(IllegalArgumentException.class, () -> MatchRule.of(true, text));
  }

  @Test
  void fileWithOptionsAndRules() throws IOException {
    DaemonFile read =
        DaemonFile.read(
            file("# comment\n\nskip = cgroup=*kube*\nkeep= 5\nmatch=user=0\ndir=/a=b\n"));
    assertEquals(Map.of("keep", "5", "dir", "/a=b"), read.options());
    assertEquals(
        List.of(MatchRule.of(false, "cgroup=*kube*"), MatchRule.of(true, "user=0")), read.rules());
  }

  @ParameterizedTest
  @ValueSource(strings = {"keep=1\nnonsense\n", "\nskip=nonsense\n", "\n=5\n"})
  void wrongLine(String text) throws IOException {
    Path file = file(text);
    UserError error = assertThrows(UserError.class, () -> DaemonFile.read(file));
    assertTrue(error.getMessage().startsWith(file + ", line 2: "), error.getMessage());
  }

  @Test
  void fileThatOthersMayChange() throws IOException {
    Path file = file("keep=1\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    UserError error = assertThrows(UserError.class, () -> DaemonFile.read(file));
    assertTrue(error.getMessage().endsWith("can be written by others"), error.getMessage());
  }

  @Test
  void fileThatIsTooLong() throws IOException {
    Path file = file("#".repeat(70_000));
    assertThrows(UserError.class, () -> DaemonFile.read(file));
    assertThrows(UserError.class, () -> DaemonFile.read(dir));
  }
}
