// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it.victim;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.ZipFile;

/**
 * A victim that starts the helper without the agent, with a setting that the agent does not offer.
 */
public final class HelperDriver {

  private HelperDriver() {}

  /** Starts the helper as the agent would, then does as {@link Victim}. */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(System.getProperty("helper.dir"));
    Path jar = Path.of(System.getProperty("helper.jar"));
    Path work = Files.createTempDirectory("jmortem-");
    Path helper = extract(jar, work);
    Process process =
        new ProcessBuilder(helper.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String[] pairs = {
      "protocol=2",
      "pid=" + ProcessHandle.current().pid(),
      "dir=" + directory.resolve("reports"),
      "fallback-dir=" + directory.resolve("fallback"),
      "work-dir=" + work,
      "java=" + Path.of(System.getProperty("java.home"), "bin", "java"),
      "jar=" + jar,
      System.getProperty("helper.pair")
    };
    String configuration = String.join("\0", pairs) + "\0\0";
    process.getOutputStream().write(configuration.getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
    try (BufferedReader answer =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String[] words = answer.readLine().split(" ", 2);
      System.setProperty("jmortem.capture.level", words[1]);
    }
    Victim.main(arguments);
  }

  private static Path extract(Path jar, Path work) throws IOException {
    Path helper = work.resolve("helper");
    try (ZipFile zip = new ZipFile(jar.toFile());
        InputStream stream = zip.getInputStream(zip.getEntry("io/jmortem/agent/jmortem-helper"))) {
      Files.copy(stream, helper);
    }
    Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwx------"));
    return helper;
  }
}
