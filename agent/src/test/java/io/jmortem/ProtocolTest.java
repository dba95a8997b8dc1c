// SPDX-License-Identifier: Apache-2.0
package io.jmortem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.agent.HelperConfiguration;
import io.jmortem.agent.HelperReply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The words of the protocols are the same in C, in Java and in docs/internals/protocols.md. */
class ProtocolTest {

  private static final Path ROOT = Path.of("..");
  private static final String PROTOCOL_H = "native-helper/src/java/protocol.h";

  @Test
  void keysOfTheConfiguration() throws IOException {
    Set<String> java = words(HelperConfiguration.Key.values());

    assertEquals(java, words("native-helper/src/base/config.c", "\\{ \"([a-z-]+)\", set_\\w+ \\}"));
    assertEquals(
        java,
        words(
                section("## Agent or command line to helper"),
                "(?m)(?:^\\| |, )`([a-z-]+)`(?=[^|]* \\|)")
            .stream()
            .filter(java::contains)
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  /** What a JVM may tell the daemon, and how much of it. */
  @Test
  void wordsToTheDaemon() throws IOException {
    String config = source("native-helper/src/base/config.c");
    int start = config.indexOf("told_keys[] = {");
    Set<String> inC = words(config.substring(start, config.indexOf("};", start)), "\"([a-z-]+)\",");
    String page = section("## Agent to daemon");

    Set<String> told = words(page, "(?m)(?:^\\| |, )`([a-z-]+)`(?=[^|]* \\|)");
    told.retainAll(words(HelperConfiguration.Key.values()));

    assertEquals(inC, told);
    assertTrue(words(HelperConfiguration.Key.values()).containsAll(inC));
    assertTrue(
        source("native-helper/src/watch/told.h")
            .contains("#define TOLD_MAX_SNAPSHOT (4 * 1024 * 1024)"));
    assertTrue(
        source("agent/src/main/java/io/jmortem/agent/DaemonSession.java")
            .contains("MAX_SNAPSHOT = 4 << 20;"));
    assertTrue(source("native-helper/src/watch/session.c").contains("MAX_PIECE (64 * 1024)"));
    assertTrue(page.contains("`snapshot LENGTH`") && page.contains("64 KiB"), page);
  }

  @Test
  void numberOfTheProtocol() throws IOException {
    Set<String> inC = words("native-helper/src/base/config.h", "#define PROTOCOL \"(\\d+)\"");

    assertEquals(1, inC.size());
    String number = inC.iterator().next();
    assertTrue(
        source("agent/src/main/java/io/jmortem/agent/HelperConfiguration.java")
            .contains("PROTOCOL = \"" + number + "\""));
    assertTrue(
        section("## Agent or command line to helper").contains("| `protocol` | `" + number + "`"));
  }

  @Test
  void reasonsOfARefusal() throws IOException {
    Set<String> java = words(HelperReply.Refusal.values());
    java.removeAll(Set.of("none", "other")); // the helper says neither

    assertEquals(java, words("native-helper/src/watch/reply.c", "\\[REFUSED_\\w+\\] = \"(\\w+)\""));
    assertEquals(java, words(section("### Reasons"), "(?m)^\\| `(\\w+)` \\|"));
  }

  /** Words and letters that both have by the same name, such as WALK_CRASHED and CRASHED. */
  @ParameterizedTest
  @CsvSource({
    "WALK_, walker/WalkInput.java",
    "TARGET_, proc/ServedFiles.java",
  })
  void wordsOfTheJavaProcesses(String prefix, String file) throws IOException {
    Map<String, String> inC =
        constants(PROTOCOL_H, "#define " + prefix + "(\\w+) (\"\\w+\"|'\\w')");
    Map<String, String> inJava =
        constants(
            "agent/src/main/java/io/jmortem/" + file,
            "private static final (?:String|char) (\\w+) = (\"\\w+\"|'\\w');");

    assertEquals(inC, inJava);
    String page = section("## Helper to walker") + section("## Reporter to target files");
    for (String word : inC.values()) {
      assertTrue(
          Pattern.compile("(?m)(?:`|^ {4,8})" + word.substring(1, word.length() - 1) + "\\b")
              .matcher(page)
              .find(),
          word);
    }
  }

  @Test
  void numbersOfTheJavaProcesses() throws IOException {
    Map<String, String> inC = constants(PROTOCOL_H, "#define (\\w+) (\\d\\w*)");
    String reporter = source("agent/src/main/java/io/jmortem/reporter/Main.java");
    String walker = source("agent/src/main/java/io/jmortem/walker/Main.java");

    String finisher = source("agent/src/main/java/io/jmortem/reporter/Finisher.java");

    assertEquals(6, inC.size(), inC::toString);
    assertTrue(walker.contains("INPUT = Path.of(\"/proc/self/fd/" + inC.get("WALK_INPUT_FD")));
    assertTrue(walker.contains("MEMORY_WAS_READ = " + inC.get("WALK_HAS_READ") + ";"));
    assertTrue(
        reporter.contains(
            "DIRECTORY = Path.of(\"/proc/self/fd/" + inC.get("REPORTER_DIRECTORY_FD")));
    assertTrue(
        reporter.contains("PARENT = Path.of(\"/proc/self/fd/" + inC.get("REPORTER_PARENT_FD")));
    assertTrue(reporter.contains("UNWRITABLE = " + inC.get("REPORTER_CANT_WRITE") + ";"));
    assertTrue(finisher.contains("HAS_MORE = " + inC.get("FINISHER_HAS_MORE") + ";"));
  }

  private static Map<String, String> constants(String file, String pattern) throws IOException {
    Map<String, String> constants = new TreeMap<>();
    Pattern.compile(pattern)
        .matcher(source(file))
        .results()
        .forEach(found -> constants.put(found.group(1), found.group(2)));
    assertTrue(!constants.isEmpty(), pattern);
    return constants;
  }

  private static Set<String> words(Object[] constants) {
    return Arrays.stream(constants)
        .map(Object::toString)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The first group of each match, in a source or in a text. */
  private static Set<String> words(String text, String pattern) throws IOException {
    String searched = text.contains("\n") ? text : source(text);
    Set<String> words =
        Pattern.compile(pattern)
            .matcher(searched)
            .results()
            .map((MatchResult found) -> found.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(!words.isEmpty(), pattern);
    return words;
  }

  private static String source(String path) throws IOException {
    return Files.readString(ROOT.resolve(path));
  }

  /** Of docs/internals/protocols.md, from a heading to the next one of its level or above. */
  private static String section(String heading) throws IOException {
    String all = source("docs/internals/protocols.md");
    int start = all.indexOf("\n" + heading);
    assertTrue(start >= 0, heading);
    String level = heading.substring(0, heading.indexOf(' ') + 1);
    int end = all.indexOf("\n" + level, start + 1);
    int above = level.length() > 3 ? all.indexOf("\n## ", start + 1) : -1;
    if (above >= 0 && (end < 0 || above < end)) {
      end = above;
    }
    return all.substring(start, end < 0 ? all.length() : end);
  }
}
