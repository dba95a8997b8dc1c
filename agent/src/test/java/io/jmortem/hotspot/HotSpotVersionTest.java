// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What differs between JDKs is in one class, and on one page. */
class HotSpotVersionTest {

  private static final Path SOURCES = Path.of("src/main/java/io/jmortem/hotspot");
  private static final Path PAGE = Path.of("../docs/internals/hotspot.md");
  private static final Pattern BUG = Pattern.compile("JDK-\\d{7}");
  private static final Pattern DECISION = Pattern.compile("feature(\\(\\))? *[<>=!]=?|" + BUG);

  private static Set<String> bugs(Path file) throws IOException {
    return BUG.matcher(Files.readString(file))
        .results()
        .map(match -> match.group())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void pageNamesTheSameBugs() throws IOException {
    assertEquals(bugs(SOURCES.resolve("HotSpotVersion.java")), bugs(PAGE));
  }

  @Test
  void nobodyElseDecidesByVersion() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      List<Path> others =
          files
              .filter(file -> !file.endsWith("HotSpotVersion.java"))
              .filter(HotSpotVersionTest::decides)
              .toList();
      assertEquals(List.of(), others);
    }
  }

  private static boolean decides(Path file) {
    try {
      return DECISION.matcher(Files.readString(file)).find();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
