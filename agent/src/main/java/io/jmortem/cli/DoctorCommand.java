// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.HelperBinary;
import io.jmortem.cli.doctor.Diagnosis;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows which capture level this host allows. */
@Command(
    name = "doctor",
    description = {
      "Shows which capture level this host allows, what limits it, and how to improve it.",
      "The level is not guessed: doctor starts a JVM and arms it, as jmortem would arm yours."
    },
    footer = {
      "",
      "Exit status: 0 if the level is full, otherwise 1.",
      "",
      "Examples:",
      "  jmortem doctor",
      "  sudo -u shop jmortem doctor --dir /var/crash --rehearse",
      "  jmortem doctor --helper /usr/local/libexec/jmortem-helper",
      "  jmortem doctor --advice docker"
    },
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

  /** The platforms that --advice knows. */
  enum Advice {
    setcap,
    systemd,
    docker,
    kubernetes
  }

  @Spec private CommandSpec spec;

  @Mixin private CaptureOptions options;

  @Option(names = "--rehearse", description = "Crash that JVM, and print how long each step takes.")
  private boolean rehearse;

  @Option(names = "--json", description = "Print the findings as JSON.")
  private boolean json;

  @Option(
      names = "--advice",
      paramLabel = "FOR",
      description = "Print how to improve the level: ${COMPLETION-CANDIDATES}.")
  private @Nullable Advice advice;

  @Option(
      names = "--write-helper",
      paramLabel = "FILE",
      description = "Write the helper's executable to FILE, to be installed, and exit.")
  private @Nullable Path writeHelper;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    if (advice != null) {
      out.print(adviceFor(advice));
      out.flush();
      return 0;
    }
    if (writeHelper != null) {
      write(writeHelper);
      return 0;
    }
    Map<String, String> given = options.given();
    Progress.print(
        spec.commandLine().getErr(),
        "jmortem: " + (rehearse ? "crashing a test JVM ..." : "arming a test JVM ..."));
    Diagnosis diagnosis = Diagnosis.make(options.checked(given), given, rehearse);
    if (json) {
      out.println(Json.pretty(diagnosis));
    } else {
      diagnosis.print(out);
    }
    out.flush();
    return diagnosis.level().equals("full") ? 0 : 1;
  }

  private static String adviceFor(Advice what) throws IOException {
    String name = "/io/jmortem/cli/doctor/" + what + ".txt";
    try (InputStream stream = DoctorCommand.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IOException(name + " is missing in the jar");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void write(Path file) throws IOException {
    Files.write(file, HelperBinary.readVerified(), StandardOpenOption.CREATE_NEW);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
