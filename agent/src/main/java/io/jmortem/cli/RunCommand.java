// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.AgentOptions;
import io.jmortem.agent.HelperBinary;
import io.jmortem.agent.HelperConfiguration;
import io.jmortem.cli.live.FileDescriptors;
import io.jmortem.cli.live.NativeLibraries;
import io.jmortem.report.TerminalText;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
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
      start(checked);
    } catch (IOException | RuntimeException e) {
      System.err.println(
          "jmortem: run: "
              + (e instanceof IOException failure
                  ? IoErrorText.of(failure)
                  : TerminalText.line(e.toString())));
    }
    return FAILED;
  }

  /** A path of ours, one character for each byte of its name in the file system. */
  private static String latin1(String path) {
    String encoding = System.getProperty("sun.jnu.encoding", "UTF-8");
    return new String(path.getBytes(Charset.forName(encoding)), StandardCharsets.ISO_8859_1);
  }

  /** The command as bytes: Java's decoding depends on the locale, and can't be undone. */
  private List<String> commandAsGiven() throws IOException {
    String all =
        new String(Files.readAllBytes(Path.of("/proc/self/cmdline")), StandardCharsets.ISO_8859_1);
    List<String> words = List.of(all.substring(0, all.length() - 1).split("\0", -1));
    return words.subList(words.size() - command.size(), words.size());
  }

  private void start(AgentOptions checked) throws IOException {
    FileDescriptors inherited = FileDescriptors.inherited(HelperBinary.jar());
    HelperBinary helper = HelperBinary.find(checked.value("helper"));
    NativeLibraries libraries = null;
    // it only proved that it can be started from there; after SIGTERM it would remove its files
    helper.process().destroyForcibly();
    try {
      Path configuration =
          Files.createFile(
              helper.directory().resolve("config"),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(configuration, new HelperConfiguration(checked, helper).bytes());
      List<String> words = new ArrayList<>();
      words.add("jmortem-helper");
      words.add("run");
      words.add(latin1(configuration.toString()));
      words.addAll(commandAsGiven());
      libraries = NativeLibraries.open(helper.directory());
      libraries.exec(latin1(helper.executable().toString()), words, inherited);
    } catch (IOException e) {
      if (libraries != null) {
        libraries.close();
      }
      Files.deleteIfExists(helper.directory().resolve("config"));
      throw e;
    } finally {
      helper.discard();
    }
  }
}
