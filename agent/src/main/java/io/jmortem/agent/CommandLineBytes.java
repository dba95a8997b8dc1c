// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The command line of this process, as bytes. Java decodes a directory's name by the locale, and
 * that can't be undone if the name is not valid text in it.
 */
final class CommandLineBytes {

  /** Longer command lines are not read. */
  private static final int MAX_LENGTH = 1 << 20;

  private final String words; // one character per byte

  CommandLineBytes(byte[] words) {
    this.words = new String(words, StandardCharsets.ISO_8859_1);
  }

  /** Empty if the command line can't be read. */
  static CommandLineBytes own() {
    try {
      byte[] all = Files.readAllBytes(Path.of("/proc/self/cmdline"));
      return new CommandLineBytes(all.length > MAX_LENGTH ? new byte[0] : all);
    } catch (IOException e) {
      return new CommandLineBytes(new byte[0]);
    }
  }

  /**
   * The bytes of an option's value. For the agent they follow {@code KEY=}, up to a comma or the
   * end of the argument; for a command they are the argument after {@code --KEY}.
   *
   * @param value the value as Java decoded it
   * @return the value in UTF-8, if it is all ASCII, or not found, or found more than once
   */
  byte[] ofOption(String key, String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    if (utf8.length == value.length() && value.indexOf('?') < 0) {
      return utf8;
    }
    Set<String> found = new HashSet<>();
    for (String name : List.of(key + '=', "--" + key + '\0')) {
      for (int at = words.indexOf(name); at >= 0; at = words.indexOf(name, at + 1)) {
        String given = valueAt(at + name.length());
        if (ascii(given).equals(ascii(value))) {
          found.add(given);
        }
      }
    }
    return found.size() == 1 ? found.iterator().next().getBytes(StandardCharsets.ISO_8859_1) : utf8;
  }

  private String valueAt(int from) {
    int end = from;
    while (end < words.length() && words.charAt(end) != ',' && words.charAt(end) != 0) {
      end++;
    }
    return words.substring(from, end);
  }

  /** The characters that all encodings share, without '?', which may replace other characters. */
  private static String ascii(String text) {
    StringBuilder ascii = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80 && c != '?') {
        ascii.append(c);
      }
    }
    return ascii.toString();
  }
}
