// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * The helper's executable, in a private directory (0700) that only this JVM and its helper use. It
 * comes out of the jar, checked against the checksum beside it, or is an installed one.
 */
public final class HelperBinary {

  /**
   * How a copy of the jar is named that an attach makes where the JVM does not see the original. It
   * does not stay there.
   */
  public static final String VISITING_PREFIX = "jmortem-attach-";

  private static final String RESOURCE = "jmortem-helper";

  /** What the kernel says of EPERM, where EACCES would be the file's or the mount's. */
  private static final String NOT_PERMITTED = "Operation not permitted";

  private final Path executable;
  private final Path directory;
  private Path reportersJar = jar();
  private Process process;

  @SuppressWarnings("NullAway.Init") // launch() sets the process, before anybody has the helper
  private HelperBinary(Path executable, Path directory) {
    this.executable = executable;
    this.directory = directory;
  }

  /**
   * Finds a helper that starts.
   *
   * @param installed path of an installed helper; empty for the one in the jar
   * @throws IOException if there is none; the message says what was tried
   */
  public static HelperBinary find(String installed) throws IOException {
    HelperBinary helper =
        installed.isEmpty() ? extracted() : of(InstalledHelper.trusted(Path.of(installed)));
    try {
      helper.keepJar();
      return helper;
    } catch (IOException e) {
      helper.process.destroyForcibly();
      helper.discard();
      throw e;
    }
  }

  /** A jar that is about to be removed is kept for as long as the helper needs it. */
  private void keepJar() throws IOException {
    if (isVisiting()) {
      reportersJar = Files.copy(reportersJar, directory.resolve("jmortem.jar"));
    }
  }

  private static HelperBinary extracted() throws IOException {
    byte[] binary = readVerified();
    List<String> failures = new ArrayList<>();
    for (Path place : places()) {
      HelperBinary helper = null;
      try {
        helper = extract(binary, place);
        helper.launch();
        return helper;
      } catch (IOException e) { // read-only, full or mounted noexec: try the next
        failures.add(place + " (" + reason(e) + ")");
        if (helper != null) {
          helper.discard();
        }
      }
    }
    throw new IOException(
        "the helper can't be started from "
            + String.join(", ", failures)
            + (isFiltered() && arePermissions(failures)
                ? "; this JVM's seccomp filter forbids it to start programs: use `jmortem watch`"
                : "; give another directory with -Djava.io.tmpdir, or an installed one with"
                    + " helper=PATH"));
  }

  private static boolean arePermissions(List<String> failures) {
    for (String failure : failures) {
      if (!failure.contains(NOT_PERMITTED)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a filter decides which system calls this process may use (proc(5), Seccomp). */
  private static boolean isFiltered() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("Seccomp:") && line.endsWith("2")) {
          return true;
        }
      }
    } catch (IOException e) {
      return false; // no /proc here
    }
    return false;
  }

  /**
   * What the helper in the jar says of itself.
   *
   * @throws IOException if it can't be started
   */
  public static String version() throws IOException {
    HelperBinary helper = extracted();
    try {
      helper.process.destroyForcibly();
      Process asked =
          new ProcessBuilder(helper.executable.toString(), "--version")
              .redirectErrorStream(true)
              .start();
      return new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
    } finally {
      helper.discard();
    }
  }

  private static HelperBinary of(Path installed) throws IOException {
    HelperBinary helper = null;
    IOException failure = null;
    for (Path place : places()) {
      try {
        helper = new HelperBinary(installed, PrivateDirectory.create(place, "jmortem-"));
        break;
      } catch (IOException e) {
        failure = e;
      }
    }
    if (helper == null) {
      throw new IOException("no private directory for the snapshots: " + failure);
    }
    try {
      helper.launch();
    } catch (IOException e) {
      helper.discard();
      throw new IOException("helper=" + installed + ": " + reason(e), e);
    }
    return helper;
  }

  /** A message of ProcessBuilder ends in "error=13, Permission denied". */
  private static String reason(IOException e) {
    String message = String.valueOf(e.getMessage());
    int error = message.indexOf("error=");
    int comma = error < 0 ? -1 : message.indexOf(", ", error);
    return comma < 0 ? e.getClass().getSimpleName() + ": " + message : message.substring(comma + 2);
  }

  private static List<Path> places() {
    List<Path> places = new ArrayList<>();
    places.add(HelperConfiguration.temporaryDirectory());
    String runtime = System.getenv("XDG_RUNTIME_DIR");
    for (String place :
        new String[] {
          runtime, "/tmp", "/var/tmp", "/dev/shm", "/run", System.getProperty("user.home"), ""
        }) {
      if (place == null) {
        continue;
      }
      Path path = Path.of(place).toAbsolutePath();
      if (!places.contains(path)) {
        places.add(path);
      }
    }
    return places;
  }

  private static HelperBinary extract(byte[] binary, Path place) throws IOException {
    Path directory = PrivateDirectory.create(place, "jmortem-");
    HelperBinary helper = new HelperBinary(directory.resolve("helper"), directory);
    try {
      FileAttribute<Set<PosixFilePermission>> ownerOnly =
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
      Files.createFile(helper.executable, ownerOnly);
      Files.write(helper.executable, binary);
    } catch (IOException e) {
      helper.discard();
      throw e;
    }
    return helper;
  }

  /**
   * The helper's bytes out of the jar, as they were built. A checksum, since whoever could forge it
   * could forge a digest beside it too; and a digest of a megabyte costs a starting JVM 100 ms of
   * interpreted code, this one 1 ms.
   */
  public static byte[] readVerified() throws IOException {
    byte[] binary = read(RESOURCE);
    String expected = new String(read(RESOURCE + ".crc32"), StandardCharsets.US_ASCII).trim();
    CRC32 actual = new CRC32();
    actual.update(binary);
    if (!expected.equals(hex(actual.getValue()))) {
      throw new IOException(
          "the helper in "
              + jar()
              + " is not the one that was built (its checksum differs): the jar is damaged or was"
              + " tampered with");
    }
    return binary;
  }

  private static String hex(long crc) {
    String digits = Long.toHexString(crc);
    return "0".repeat(8 - digits.length()) + digits;
  }

  private static byte[] read(String name) throws IOException {
    try (InputStream stream = HelperBinary.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IOException(name + " is missing in " + jar());
      }
      return stream.readAllBytes();
    }
  }

  /** The jar that the walker and the reporter run from, for as long as the helper lives. */
  public Path reportersJar() {
    return reportersJar;
  }

  /** The helper's executable. */
  public Path executable() {
    return executable;
  }

  /** Whether the jar is a copy that is about to be removed. */
  static boolean isVisiting() {
    return String.valueOf(jar().getFileName()).startsWith(VISITING_PREFIX);
  }

  /** The jar that this class comes from. */
  public static Path jar() {
    String url = String.valueOf(HelperBinary.class.getResource("HelperBinary.class"));
    int end = url.indexOf("!/");
    try {
      return Path.of(java.net.URI.create(url.substring("jar:".length(), end)));
    } catch (RuntimeException e) {
      throw new IllegalStateException("not loaded from a jar file: " + url, e);
    }
  }

  /** Starts it; it waits for its configuration. */
  private void launch() throws IOException {
    process =
        new ProcessBuilder(executable.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
  }

  /** It waits for its configuration. */
  public Process process() {
    return process;
  }

  /** Private (0700); the helper removes it at its end. */
  public Path directory() {
    return directory;
  }

  /** Removes the private directory. Once armed, that is the helper's task. */
  public void discard() {
    try {
      Files.deleteIfExists(directory.resolve("helper"));
      Files.deleteIfExists(directory.resolve("jmortem.jar"));
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      // an empty directory is left behind
    }
  }
}
