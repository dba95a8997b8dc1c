// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** What this process knows of itself and others may be too late to read. */
final class OwnWords {

  private static final byte UNIT_SEPARATOR = 0x1f;

  /** The helper and the daemon accept a configuration of at most 256 KiB. */
  private static final int MAX_COMMAND_LINE = 64 * 1024;

  private OwnWords() {}

  /** Puts the command line and the VM's options. */
  static HelperConfiguration put(HelperConfiguration configuration) {
    return configuration
        .put(HelperConfiguration.Key.VM_OPTIONS, vmOptions())
        .put(HelperConfiguration.Key.COMMAND_LINE, commandLine());
  }

  /** A unit separator ends each argument. Empty if it can't be read, cut off if it is very long. */
  private static byte[] commandLine() {
    try {
      byte[] all = Files.readAllBytes(Path.of("/proc/self/cmdline"));
      byte[] words = Arrays.copyOf(all, Math.min(all.length, MAX_COMMAND_LINE));
      for (int i = 0; i < words.length; i++) {
        words[i] = words[i] == 0 ? UNIT_SEPARATOR : words[i];
      }
      return words;
    } catch (IOException e) {
      return new byte[0];
    }
  }

  /** The kernel's number of the current thread: what {@code /proc/thread-self} points to. */
  static String nativeId() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName().toString();
    } catch (IOException e) { // there is no /proc: use the first thread
      return Long.toString(ProcessHandle.current().pid());
    }
  }

  /**
   * The -XX options in environment variables, such as ErrorFile, which are not on the command line.
   * Nothing else is taken from these variables, because they may hold secrets.
   */
  private static String vmOptions() {
    StringBuilder found = new StringBuilder();
    for (String variable :
        new String[] {"JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"}) {
      String value = System.getenv(variable);
      if (value == null) {
        continue;
      }
      for (int start = value.indexOf("-XX:");
          start >= 0;
          start = value.indexOf("-XX:", start + 1)) {
        int end = value.indexOf(' ', start);
        found.append(value, start, end < 0 ? value.length() : end).append('\n');
      }
    }
    return found.toString();
  }
}
