// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A JDK of this machine.
 *
 * @param feature such as 17
 * @param home null where the machine has none of this version: then its tests are skipped
 */
record Jdk(int feature, Path home) {

  private static final List<Integer> WANTED = List.of(17, 25);

  /** One for each version that is to be tested. */
  static Stream<Jdk> all() {
    return WANTED.stream().map(feature -> new Jdk(feature, find(feature).orElse(null)));
  }

  /** Those whose stacks are to be walked in full. */
  static Stream<Jdk> walkable() {
    return all();
  }

  /** The one that the tests run on. */
  static Jdk own() {
    return new Jdk(Runtime.version().feature(), Path.of(System.getProperty("java.home")));
  }

  /** Aborts the test, which then counts as skipped, where there is no such JDK. */
  Path java() {
    Assumptions.assumeTrue(home != null, "skipped: no JDK " + feature + " below /usr/lib/jvm");
    return home.resolve("bin/java");
  }

  /** A tool of its own, such as jhsdb. */
  String tool(String name) {
    return java().resolveSibling(name).toString();
  }

  private static Optional<Path> find(int feature) {
    if (feature == Runtime.version().feature()) {
      return Optional.of(own().home());
    }
    Path all = Path.of("/usr/lib/jvm");
    if (!Files.isDirectory(all)) {
      return Optional.empty();
    }
    try (Stream<Path> homes = Files.list(all)) {
      return homes.filter(home -> isVersion(home, feature)).sorted().findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isVersion(Path home, int feature) {
    Path release = home.resolve("release");
    try {
      return Files.isExecutable(home.resolve("bin/java"))
          && Files.isRegularFile(release)
          && Files.readString(release).contains("JAVA_VERSION=\"" + feature);
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public String toString() {
    return "JDK " + feature;
  }
}
