// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A JDK of this machine, or one that the tests unpacked into a separate root directory.
 *
 * @param feature such as 17
 * @param home null if there is no JDK of this version: then its tests are skipped
 * @param root its root directory; null for the machine's own
 */
record Jdk(int feature, Path home, Path root) {

  private static final List<Integer> WANTED = List.of(17, 25);

  /** The unit tests' memory images ({@code ReplayTest}): one for each JDK that is tested. */
  private static final Path IMAGES = Path.of("../agent/src/test/resources/io/jmortem/walker");

  private static final Pattern IMAGE = Pattern.compile("jdk(\\d+)\\.image\\.gz");
  private static final Path SCRIPTS = Path.of("src/test/jdks").toAbsolutePath();

  /** Kept from build to build, below the tests and out of target. */
  private static final Path UNPACKED = Path.of("jdks").toAbsolutePath();

  /** One JDK for each tested version. */
  static Stream<Jdk> all() {
    return WANTED.stream().map(feature -> new Jdk(feature, find(feature).orElse(null), null));
  }

  /** The machine's own, and others in root directories of their own. */
  static Stream<Jdk> everyAge() {
    return Stream.concat(all(), others());
  }

  private static Stream<Jdk> others() {
    return Tests.list(IMAGES).stream()
        .map(image -> IMAGE.matcher(image.getFileName().toString()))
        .filter(Matcher::matches)
        .map(image -> Integer.valueOf(image.group(1)))
        .filter(feature -> !WANTED.contains(feature))
        .sorted()
        .map(Jdk::unpacked);
  }

  /** The JDKs with full tests of stacks. */
  static Stream<Jdk> walkable() {
    return Stream.concat(all(), Stream.of(unpacked(21)));
  }

  /** A JDK of Debian's newest suite, in a root directory with its C library. */
  static Jdk unpacked(int feature) {
    if (!Tests.isRoot()) {
      return new Jdk(feature, null, UNPACKED);
    }
    String said = Tests.run(SCRIPTS.resolve("fetch").toString(), "" + UNPACKED, "" + feature);
    Path home = Path.of("/usr/lib/jvm/java-" + feature + "-openjdk-amd64");
    boolean isThere = Files.isExecutable(UNPACKED.resolve("./" + home + "/bin/java"));
    if (!isThere) {
      System.err.println("JDK " + feature + " could not be had: " + said);
    }
    return new Jdk(feature, isThere ? home : null, UNPACKED);
  }

  /** A copy made of links, with a libjvm without symbols. */
  Jdk stripped(Path directory) {
    String said =
        Tests.run(
            "sh",
            "-ec",
            "cp -rs \"$0/.\" \"$1\"; cd \"$1\"; rm lib/server/libjvm.so;"
                + " cp --remove-destination \"$0/bin/java\" bin/java;" // it finds the others by its
                // own place
                + " strip -o lib/server/libjvm.so \"$0/lib/server/libjvm.so\"",
            java().getParent().getParent().toString(),
            Tests.newDirectory(directory).toString());
    if (!Files.exists(directory.resolve("lib/server/libjvm.so"))) {
      throw new IllegalStateException(said);
    }
    return new Jdk(feature, directory, null);
  }

  /** The JDK that runs the tests. */
  static Jdk own() {
    return new Jdk(Runtime.version().feature(), Path.of(System.getProperty("java.home")), null);
  }

  /** Skips the test if there is no such JDK. */
  Path java() {
    Assumptions.assumeTrue(home != null, "skipped: there is no JDK " + feature);
    return home.resolve("bin/java");
  }

  /** The command for one of its tools, such as jhsdb. */
  List<String> command(String tool) {
    String path = java().resolveSibling(tool).toString();
    if (root == null) {
      return List.of(path);
    }
    String shared = Path.of("target").toAbsolutePath().toString();
    return List.of(SCRIPTS.resolve("run").toString(), root.toString(), shared, path);
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
