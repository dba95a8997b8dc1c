// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.AgentOptions;
import io.jmortem.report.TerminalText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Runs a command and watches every JVM among its processes. */
@Command(
    name = "run",
    description = {
      "Runs a command, and watches every JVM among its processes from the first instruction.",
      "run needs no agent, sets no environment variable, and writes nothing to stdout. It ends with"
          + " the command's status when the reports are made."
    },
    footer = {
      "",
      "Exit status: that of the command. If a signal killed the command, jmortem dies by the same"
          + " signal. 125: jmortem failed. 126: the command can't be executed. 127: it was not"
          + " found.",
      "",
      "Examples:",
      "  jmortem run -- java -jar shop.jar",
      "  jmortem run --dir target/crashes -- mvn verify",
      "  ENTRYPOINT [\"java\", \"-jar\", \"/jmortem.jar\", \"run\", \"--\", \"java\", \"-jar\","
          + " \"/shop.jar\"]"
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

  private static final int FAILED = 125;

  @Mixin private CaptureOptions options;

  @Parameters(
      paramLabel = "CMD",
      arity = "1..*",
      description = "The command and its arguments, after --.")
  private List<String> command;

  /** For picocli. */
  RunCommand() {}

  /** Returns only on failure: on success this process becomes the helper (execve). */
  @Override
  public Integer call() {
    AgentOptions checked = options.checked(options.given());
    try {
      HelperProgram.become("run", checked, (configuration, libraries) -> {}, commandAsGiven());
    } catch (IOException | RuntimeException e) {
      System.err.println(
          "jmortem: run: "
              + (e instanceof IOException failure
                  ? IoErrorText.of(failure)
                  : TerminalText.line(e.toString())));
    }
    return FAILED;
  }

  /** The command as bytes: Java's decoding depends on the locale, and can't be undone. */
  private List<String> commandAsGiven() throws IOException {
    String all =
        new String(Files.readAllBytes(Path.of("/proc/self/cmdline")), StandardCharsets.ISO_8859_1);
    List<String> words = List.of(all.substring(0, all.length() - 1).split("\0", -1));
    return words.subList(words.size() - command.size(), words.size());
  }
}
