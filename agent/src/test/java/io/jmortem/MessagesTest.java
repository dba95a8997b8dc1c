// SPDX-License-Identifier: Apache-2.0
package io.jmortem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares docs/troubleshooting.md with the messages in the sources. */
class MessagesTest {

  private static final Path ROOT = Path.of("..");

  private static final List<String> SOURCES =
      List.of(
          "native-helper/src",
          "native-helper/install-tools",
          "agent/src/main/java",
          "agent/src/main/java8",
          "jmortem");

  /** The first cell of a row, if it is code. */
  private static final Pattern ROW = Pattern.compile("\\| (`+) ?(.*?) ?\\1 \\|.*");

  /** The variable parts of a message: in the documentation, and in literals of C and of a shell. */
  private static final Pattern VARIABLE =
      Pattern.compile(
          "<[^<>]+>|%(?:%|[-+#0 ]*[\\d.*]*(?:hh|h|ll|l|z|j)?[a-zA-Z])|\\$\\{[^}]*\\}|\\$\\w+");

  private static final String LITERAL = "\"(?:[^\"\\\\\n]|\\\\.)*\"";

  /** A comment or a character, which is skipped; or joined literals, in a group. */
  private static final Pattern TEXT =
      Pattern.compile(
          "/\\*[\\s\\S]*?\\*/|(?<!:)//.*|'(?:[^'\\\\\n]|\\\\.)'|\"\"\"[\\s\\S]*?\"\"\"|("
              + LITERAL
              + "(?:\\s*\\+?\\s*"
              + LITERAL
              + ")*)");

  /** Calls with messages that must be documented. */
  private static final Pattern MESSAGE =
      Pattern.compile("\\blog_line\\(|Stderr\\.line\\(|new UserError\\(");

  /** What a report puts before the sentence of a problem: {@code Event.Problem.text()}. */
  private static final Pattern PART = Pattern.compile("^(stacks|threads): ");

  /** Shorter texts do not identify a message. */
  private static final int TELLING = 8;

  @Test
  void everyMessageThatIsDocumentedExists() throws IOException {
    String literals = String.join("\n", literals(allSources()));
    List<String> missing = new ArrayList<>();
    int found = 0;
    for (String message : documented()) {
      found++;
      List<String> parts = parts(PART.matcher(message).replaceFirst(""));
      if (parts.isEmpty() || !parts.stream().allMatch(literals::contains)) {
        missing.add(message);
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(found > 80, "only " + found + " messages are documented");
  }

  @Test
  void everyMessageIsDocumented() throws IOException {
    String documented = String.join("\n", documented());
    List<String> missing = new ArrayList<>();
    int found = 0;
    for (String source : allSources()) {
      Matcher message = MESSAGE.matcher(source);
      while (message.find()) {
        String telling =
            literals(List.of(call(source, message.end()))).stream()
                .flatMap(literal -> parts(literal).stream())
                .max(Comparator.comparingInt(String::length))
                .orElse("");
        if (telling.length() < TELLING) {
          continue;
        }
        found++;
        if (!documented.contains(telling)) {
          missing.add(telling);
        }
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(found > 40, "only " + found + " messages were found");
  }

  /** The constant parts of a message. */
  private static List<String> parts(String message) {
    return VARIABLE
        .splitAsStream(message)
        .map(String::strip)
        .filter(part -> !part.isEmpty())
        .toList();
  }

  private static List<String> documented() throws IOException {
    return Files.readAllLines(ROOT.resolve("docs/troubleshooting.md")).stream()
        .map(ROW::matcher)
        .filter(Matcher::matches)
        .map(row -> row.group(2))
        .toList();
  }

  private static List<String> allSources() throws IOException {
    List<String> all = new ArrayList<>();
    for (String place : SOURCES) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(place))) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          all.add(Files.readString(file));
        }
      }
    }
    return all;
  }

  /** The literals, with adjacent ones joined and white space normalised. */
  private static List<String> literals(List<String> sources) {
    List<String> literals = new ArrayList<>();
    for (String source : sources) {
      TEXT.matcher(source)
          .results()
          .map(found -> found.group(1))
          .filter(found -> found != null)
          .map(MessagesTest::value)
          .forEach(literals::add);
    }
    return literals;
  }

  private static String value(String literals) {
    StringBuilder value = new StringBuilder();
    for (MatchResult each : Pattern.compile(LITERAL).matcher(literals).results().toList()) {
      String text = each.group();
      value.append(text, 1, text.length() - 1);
    }
    return value.toString().replace("\\n", " ").replace("\\", "").replaceAll("\\s+", " ");
  }

  /** The text between an opening parenthesis and the matching one. */
  private static String call(String source, int start) {
    int depth = 1;
    int at = start;
    for (; at < source.length() && depth > 0; at++) {
      char c = source.charAt(at);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
    return source.substring(start, at);
  }
}
