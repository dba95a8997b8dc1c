// SPDX-License-Identifier: Apache-2.0
package io.jmortem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks that the tests named in docs/threats.md exist. */
class ThreatsTest {

  private static final Path ROOT = Path.of("..");

  /** A test class with an optional method, a method of the class before, or a C file. */
  private static final Pattern WORD =
      Pattern.compile("`(test_\\w+\\.c)`(?: (\\w+))?|`(\\w+Test|\\w+IT)(?:\\.(\\w+))?`|`(\\w+)`");

  @Test
  void everyTestThatIsNamedExists() throws IOException {
    List<String> missing = new ArrayList<>();
    int named = 0;
    for (String line : Files.readAllLines(ROOT.resolve("docs/threats.md"))) {
      String[] cells = line.split("\\|", -1);
      if (cells.length != 5 || cells[3].isBlank() || cells[3].contains("---")) {
        continue;
      }
      named += check(cells[3], missing);
    }
    assertEquals(List.of(), missing);
    assertTrue(named > 30, "only " + named + " tests are named");
  }

  private static int check(String cell, List<String> missing) throws IOException {
    String text = "";
    int named = 0;
    Matcher word = WORD.matcher(cell);
    while (word.find()) {
      named++;
      String method = word.group(5);
      if (word.group(1) != null) {
        text = source(word.group(1)).orElse("");
        method = word.group(2) == null ? "main" : word.group(2);
      } else if (word.group(3) != null) {
        text = source(word.group(3) + ".java").orElse("");
        method = word.group(4) == null ? word.group(3) : word.group(4);
      }
      if (!Pattern.compile("\\b" + method + "\\b").matcher(text).find()) {
        missing.add(word.group());
      }
    }
    return named;
  }

  private static Optional<String> source(String name) throws IOException {
    for (String place :
        List.of("native-helper/test", "agent/src/test", "integration-tests/src/test")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(place))) {
        Optional<Path> file = files.filter(each -> each.endsWith(name)).findFirst();
        if (file.isPresent()) {
          return Optional.of(Files.readString(file.get()));
        }
      }
    }
    return Optional.empty();
  }
}
