// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import java.io.IOException;
import java.io.InputStream;
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
      DemoCommand.class,
      RebuildCommand.class
    },
    footer = {
      "",
      "To watch a JVM, start it with -javaagent:jmortem.jar (options: dir=DIR, ...).",
      "To see what a report looks like: jmortem demo"
    })
public final class Main implements Runnable {

  @Spec private CommandSpec spec;

  /** For picocli. */
  public Main() {}

  /** Runs a verb and exits with its status. */
  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new Main()).setExecutionExceptionHandler(Main::explain).execute(arguments));
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }

  /** No stack trace for what a user can mend. */
  private static int explain(Exception e, CommandLine command, CommandLine.ParseResult result)
      throws Exception {
    if (e instanceof IOException || e instanceof InvalidPathException) {
      command.getErr().println("jmortem: " + e.getMessage());
      return 1;
    }
    throw e;
  }

  /** The version of the build. */
  static final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() throws IOException {
      Properties properties = new Properties();
      try (InputStream stream = Main.class.getResourceAsStream("/io/jmortem/version.properties")) {
        if (stream != null) {
          properties.load(stream);
        }
      }
      return new String[] {"jmortem " + properties.getProperty("version", "(unknown)")};
    }
  }
}
