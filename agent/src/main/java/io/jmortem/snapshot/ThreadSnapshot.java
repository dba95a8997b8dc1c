// SPDX-License-Identifier: Apache-2.0
package io.jmortem.snapshot;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * All threads at one moment before the death.
 *
 * @param takenEpochMillis when it was taken
 * @param complete whether the text was complete
 */
public record ThreadSnapshot(long takenEpochMillis, boolean complete, List<JavaThread> threads) {

  /** A thread with its frames, newest first. */
  public record JavaThread(
      long id, String state, boolean daemon, String name, List<StackTraceElement> frames) {}

  /**
   * Parses what {@code io.jmortem.agent.RollingSnapshot} wrote. Malformed parts are left out.
   *
   * @return empty if the text is not a snapshot
   */
  public static Optional<ThreadSnapshot> parse(String text) {
    List<String> lines = text.lines().toList();
    String[] header = lines.isEmpty() ? new String[0] : lines.get(0).split("\t", -1);
    if (header.length < 3 || !header[0].equals("jmortem-snapshot") || !header[1].equals("1")) {
      return Optional.empty();
    }
    List<JavaThread> threads = new ArrayList<>();
    boolean complete = false;
    for (String line : lines.subList(1, lines.size())) {
      String[] fields = line.split("\t", -1);
      switch (fields[0]) {
        case "thread" -> parseThread(fields).ifPresent(threads::add);
        case "at" -> {
          if (!threads.isEmpty()) {
            parseFrame(fields).ifPresent(threads.get(threads.size() - 1).frames()::add);
          }
        }
        case "end" -> complete = true;
        default -> {}
      }
    }
    return Optional.of(new ThreadSnapshot(number(header[2], 0), complete, threads));
  }

  /**
   * Changes the text of a snapshot: each thread's name, and each other line as a whole.
   *
   * @param change applied to a name as the application set it, or to a line
   */
  public static String changed(String text, UnaryOperator<String> change) {
    StringBuilder changed = new StringBuilder(text.length());
    for (int from = 0; from < text.length(); ) {
      int end = text.indexOf('\n', from);
      int to = end < 0 ? text.length() : end;
      String line = text.substring(from, to);
      String[] fields = line.startsWith("thread\t") ? line.split("\t", 5) : new String[0];
      if (fields.length == 5) {
        changed.append(line, 0, line.length() - fields[4].length());
        changed.append(escape(change.apply(unescape(fields[4]))));
      } else {
        changed.append(change.apply(line));
      }
      changed.append(end < 0 ? "" : "\n");
      from = to + 1;
    }
    return changed.toString();
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }

  private static Optional<JavaThread> parseThread(String[] fields) {
    if (fields.length < 5) {
      return Optional.empty();
    }
    return Optional.of(
        new JavaThread(
            number(fields[1], -1),
            fields[2],
            fields[3].equals("1"),
            unescape(fields[4]),
            new ArrayList<>()));
  }

  private static Optional<StackTraceElement> parseFrame(String[] fields) {
    if (fields.length < 5) {
      return Optional.empty();
    }
    String file = unescape(fields[3]);
    return Optional.of(
        new StackTraceElement(
            unescape(fields[1]),
            unescape(fields[2]),
            file.isEmpty() ? null : file,
            (int) number(fields[4], -1)));
  }

  private static long number(String text, long otherwise) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static String unescape(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        char next = text.charAt(++i);
        plain.append(
            switch (next) {
              case 't' -> '\t';
              case 'n' -> '\n';
              case 'r' -> '\r';
              default -> next;
            });
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }
}
