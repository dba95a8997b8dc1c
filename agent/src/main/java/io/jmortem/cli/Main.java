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
    description = "A black box for JVMs on Linux: one report that says who or what killed it.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      AttachCommand.class,
      WatchCommand.class,
      RunCommand.class,
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
      "  java -javaagent:jmortem.jar -jar shop.jar    from its start on",
      "  jmortem attach PID                           one that runs",
      "  jmortem watch PID                            from outside, Java 8 and later",
      "and all that a command starts:",
      "  jmortem run -- mvn verify",
      "",
      "What a report looks like: jmortem demo. What one would have here: jmortem doctor.",
      "Each command has its own --help."
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
      command.getErr().println("jmortem: not enough memory; try with a larger heap (java -Xmx)");
      System.exit(1);
    }
  }

  private static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
        .setExpandAtFiles(false) // they are the command's of `run`, and javac's, and npm's
        .setExecutionExceptionHandler(Main::explain)
        .setParameterExceptionHandler(Main::explainUsage);
  }

  /** All that any verb prints goes through here: what is not ours may be meant for a terminal. */
  private static CommandLine printing(CommandLine command, Writer out, Writer err) {
    return command
        .setOut(new PrintWriter(TerminalWriter.ofText(out), true))
        .setErr(new PrintWriter(TerminalWriter.ofText(err), true));
  }

  /** The same with other outputs than this process's. */
  static CommandLine commandLine(Writer out, Writer err) {
    return printing(commandLine(), out, err);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }

  /** Not the whole help for a slip of the finger. */
  private static int explainUsage(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    command.getErr().println("jmortem: " + e.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, command.getErr())) {
      command.getErr().println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
    }
    command.getErr().flush();
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  /** No stack trace for what a user can mend. */
  private static int explain(Exception e, CommandLine command, CommandLine.ParseResult result)
      throws Exception {
    if (e instanceof IOException failure) {
      command.getErr().println("jmortem: " + IoErrorText.of(failure));
      return 1;
    }
    if (e instanceof InvalidPathException) {
      command.getErr().println("jmortem: " + TerminalText.line(e.getMessage()));
      return 1;
    }
    throw e;
  }

  /** Of the build, of the helper in it as that tells itself, and of the Java that runs this. */
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
        return "no helper: " + e.getMessage();
      }
    }
  }
}
