// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.AgentOptions;
import io.jmortem.agent.HelperBinary;
import io.jmortem.agent.HelperConfiguration;
import io.jmortem.cli.live.FileDescriptors;
import io.jmortem.cli.live.NativeLibraries;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** This process becomes the helper (execve), so pid, terminal and process group stay. */
final class HelperProgram {

  /** Completes the configuration before it is written. */
  @FunctionalInterface
  interface Completion {
    void complete(HelperConfiguration configuration, NativeLibraries libraries) throws IOException;
  }

  private HelperProgram() {}

  /**
   * Executes {@code jmortem-helper WAY CONFIG WORDS...}. Returns only by an exception: on success
   * this process is the helper.
   *
   * @param way in which the helper is started, such as {@code run}
   * @param options what the configuration says
   * @param completion adds to the configuration
   * @param more words behind the configuration's path, one character a byte
   */
  static void become(String way, AgentOptions options, Completion completion, List<String> more)
      throws IOException {
    FileDescriptors inherited = FileDescriptors.inherited(HelperBinary.jar());
    HelperBinary helper = HelperBinary.find(options.value("helper"));
    // it only proved that it can be started from there; after SIGTERM it would remove its files
    helper.process().destroyForcibly();
    Path file = helper.directory().resolve("config");
    try (NativeLibraries libraries = NativeLibraries.open(helper.directory())) {
      HelperConfiguration configuration = new HelperConfiguration(options, helper);
      completion.complete(configuration, libraries);
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(file, configuration.bytes());
      List<String> words = new ArrayList<>();
      words.add("jmortem-helper");
      words.add(way);
      words.add(latin1(file.toString()));
      words.addAll(more);
      libraries.exec(latin1(helper.executable().toString()), words, inherited);
    } finally {
      Files.deleteIfExists(file);
      helper.discard();
    }
  }

  /** A path of ours, one character for each byte of its name in the file system. */
  private static String latin1(String path) {
    String encoding = System.getProperty("sun.jnu.encoding", "UTF-8");
    return new String(path.getBytes(Charset.forName(encoding)), StandardCharsets.ISO_8859_1);
  }
}
