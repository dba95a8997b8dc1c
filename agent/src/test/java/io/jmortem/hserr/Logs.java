// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Real logs of JDK 8 to 28, shortened by what the parser does not look at. */
public final class Logs {

  /** Beside all ends of lines. */
  private static final int RANDOM_CUTS = 100;

  /** All that there are, or of those in the directory that is named by -Djmortem.logs. */
  private static Path directory() {
    String named = System.getProperty("jmortem.logs");
    try {
      return named != null
          ? Path.of(named)
          : Path.of(Logs.class.getResource("jdk8-jni.log").toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private Logs() {}

  /** Their names, without the suffix. */
  public static Stream<String> names() {
    try (Stream<Path> files = Files.list(directory())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".log"))
          .map(name -> name.substring(0, name.length() - 4))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A log. */
  public static byte[] bytes(String name) {
    try {
      return Files.readAllBytes(directory().resolve(name + ".log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The first so many bytes of a log. */
  public static HsErrLog parse(byte[] log, int length) {
    return HsErrParser.parse(new String(log, 0, length, StandardCharsets.UTF_8));
  }

  /** Where to cut one: at the end of each line, before and behind its break, and anywhere. */
  public static NavigableSet<Integer> cuts(byte[] log) {
    NavigableSet<Integer> cuts = new TreeSet<>();
    for (int i = 0; i < log.length; i++) {
      if (log[i] == '\n') {
        cuts.add(i);
        cuts.add(i + 1);
      }
    }
    new Random(log.length).ints(RANDOM_CUTS, 0, log.length).forEach(cuts::add);
    return cuts;
  }
}
