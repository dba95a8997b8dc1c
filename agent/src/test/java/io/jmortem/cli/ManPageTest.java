// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The manual page: it is whole, and those who format it have nothing to say. */
class ManPageTest {

  private static final String PAGE = ManPage.text("1.2.3", "2026-01-31");

  @TempDir private Path dir;

  private static String section(String title, String end) {
    int start = PAGE.indexOf(title);
    assertTrue(start >= 0, title);
    int stop = PAGE.indexOf(end, start + 1);
    return PAGE.substring(start, stop < 0 ? PAGE.length() : stop);
  }

  private static String entry(String name) {
    return "\\fB" + name.replace("-", "\\-") + "\\fR";
  }

  @Test
  void hasEachCommandAndOption() {
    List<String> missing = new ArrayList<>();
    for (CommandLine each : ManPage.root().subcommands().values()) {
      CommandSpec command = each.getCommandSpec();
      String own = section(".SS \\fB" + command.name() + "\\fR", "\n.S");
      for (OptionSpec option : command.options()) {
        String place =
            ManPage.isOfEachCommand(option)
                ? section(".SH OPTIONS", "\n.S")
                : ManPage.isCapture(command, option) ? section(".SH CAPTURE OPTIONS", "\n.S") : own;
        for (String name : option.names()) {
          if (!place.contains(entry(name))) {
            missing.add(command.name() + " " + name);
          }
        }
      }
    }
    assertEquals(List.of(), missing);
  }

  /** Nor may the page that explains them forget one. */
  @Test
  void eachCommandIsInTheUsagePage() throws IOException {
    String page = Files.readString(Path.of("../docs/usage.md"));
    List<String> missing = new ArrayList<>();
    for (String command : ManPage.root().subcommands().keySet()) {
      if (!page.contains("\n| `" + command + "` |") && !page.contains("\n| `" + command + " ")) {
        missing.add(command);
      }
    }
    assertEquals(List.of(), missing);
  }

  @Test
  void lintsWithMandoc() throws Exception {
    assertEquals("", lint("mandoc", "mandoc", "-Tlint", "-Wwarning"));
  }

  @Test
  void lintsWithMan() throws Exception {
    assertEquals(
        "",
        lint(
            "man",
            "sh",
            "-c",
            "LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z \"$0\" >/dev/null"));
  }

  private String lint(String tool, String... command) throws IOException, InterruptedException {
    boolean isThere =
        new ProcessBuilder("sh", "-c", "command -v " + tool + " >/dev/null").start().waitFor() == 0;
    Assumptions.assumeTrue(isThere, "skipped: there is no " + tool);
    Path file = Files.writeString(dir.resolve("jmortem.1"), PAGE);
    List<String> words = new ArrayList<>(List.of(command));
    words.add(file.toString());
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(20, TimeUnit.SECONDS));
    return said;
  }
}
