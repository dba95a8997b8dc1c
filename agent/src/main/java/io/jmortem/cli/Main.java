// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.HelperBinary;
import io.jmortem.report.TerminalText;
import io.jmortem.report.TerminalWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.InvalidPathException;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The entry point of the command line. Usage errors exit 2. */
@Command(
    name = "jmortem",
    description =
        "A black box for JVMs on Linux. When a JVM dies, one report says who or what killed it.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      AttachCommand.class,
      WatchCommand.class,
      RunCommand.class,
      DaemonCommand.class,
      ListCommand.class,
      ShowCommand.class,
      CleanCommand.class,
      DoctorCommand.class,
      DemoCommand.class,
      RebuildCommand.class,
      CompletionCommand.class
    },
    footer = {
      "",
      "Three ways to watch a JVM:",
      "  java -javaagent:jmortem.jar -jar shop.jar    at startup",
      "  jmortem attach PID                           a running JVM (17 or later)",
      "  jmortem watch PID                            the same from outside (8 or later)",
      "To watch every JVM that a command starts:",
      "  jmortem run -- mvn verify",
      "To watch every JVM of the host, as root:",
      "  jmortem daemon",
      "",
      "jmortem demo shows a report. jmortem doctor shows what reports on this host contain.",
      "jmortem COMMAND --help describes one command."
    })
public final class Main implements Runnable {

  @Spec private CommandSpec spec;

  /** For picocli. */
  public Main() {}

  /** Runs a verb and exits with its status. */
  public static void main(String[] arguments) {
    CommandLine command = commandLine();
    command = printing(command, command.getOut(), command.getErr());
    try {
      System.exit(command.execute(arguments));
    } catch (OutOfMemoryError e) {
      command.getErr().println("jmortem: not enough memory; use a larger heap (java -Xmx)");
      System.exit(1);
    }
  }

  private static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
        .setExpandAtFiles(
            false) // @arguments belong to the command of `run`: javac and npm have such
        .setExecutionExceptionHandler(Main::explain)
        .setParameterExceptionHandler(Main::explainUsage);
  }

  /** All output passes through these writers: foreign text may hold a terminal's control codes. */
  private static CommandLine printing(CommandLine command, Writer out, Writer err) {
    return command
        .setOut(new PrintWriter(TerminalWriter.ofText(out), true))
        .setErr(new PrintWriter(TerminalWriter.ofText(err), true));
  }

  /** The command line with other outputs than those of this process. */
  static CommandLine commandLine(Writer out, Writer err) {
    return printing(commandLine(), out, err);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }

  /** Prints the error and a pointer to --help, not the whole help. */
  private static int explainUsage(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    command.getErr().println("jmortem: " + e.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, command.getErr())) {
      command.getErr().println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
    }
    command.getErr().flush();
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  /** Prints no stack trace for an error that the user can fix. */
  private static int explain(Exception e, CommandLine command, CommandLine.ParseResult result)
      throws Exception {
    if (e instanceof IOException failure) {
      command.getErr().println("jmortem: " + IoErrorText.of(failure));
      return 1;
    }
    if (e instanceof InvalidPathException) {
      command.getErr().println("jmortem: " + TerminalText.line(String.valueOf(e.getMessage())));
      return 1;
    }
    throw e;
  }

  /** The versions of the build, of the helper (asked from the helper), and of the running Java. */
  static final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() throws IOException {
      Properties properties = new Properties();
      try (InputStream stream = Main.class.getResourceAsStream("/io/jmortem/version.properties")) {
        if (stream != null) {
          properties.load(stream);
        }
      }
      return new String[] {
        "jmortem "
            + properties.getProperty("version", "(unknown)")
            + " (commit "
            + properties.getProperty("commit", "unknown")
            + ")",
        helperVersion(),
        "Java " + System.getProperty("java.runtime.version")
      };
    }

    private static String helperVersion() {
      try {
        return HelperBinary.version();
      } catch (IOException e) {
        return "helper not available: " + e.getMessage();
      }
    }
  }
}
