// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A report's directory (0700, files 0600). While it is being written its name is {@code
 * .<id>.partial}; one rename publishes it.
 */
public final class ReportDirectory {

  /** The helper's file in it. */
  public static final String EVIDENCE = "evidence.ndjson";

  /** UTC time, host, pid, random, as the helper makes it. */
  static final Pattern ID =
      Pattern.compile(
          "(?<time>\\d{8}T\\d{6}\\.\\d{3})Z-[\\w]{1,40}-(?<pid>\\d{1,10})-\\p{XDigit}{6}");

  private static final Pattern PARTIAL = Pattern.compile("\\.(" + ID.pattern() + ")\\.partial");

  private static final Set<PosixFilePermission> OWNER_FILE =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private Path path;

  private ReportDirectory(Path path) {
    this.path = path;
  }

  /**
   * An existing directory, published or not.
   *
   * @throws IOException if it is no directory with evidence in it
   */
  public static ReportDirectory open(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    if (!Files.isRegularFile(absolute.resolve(EVIDENCE), LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(absolute + ": no report's directory (it has no " + EVIDENCE + ")");
    }
    return new ReportDirectory(absolute);
  }

  public Path path() {
    return path;
  }

  public Path evidence() {
    return path.resolve(EVIDENCE);
  }

  /** The report's id: the directory's name without what marks it as unfinished. */
  public String id() {
    return idOf(path).orElseGet(() -> path.getFileName().toString());
  }

  /** Writes a file, which appears whole or not at all. */
  public void write(String name, String content) throws IOException {
    Path unfinished = path.resolve("." + name + ".new");
    Files.deleteIfExists(unfinished);
    try {
      Files.createFile(unfinished, PosixFilePermissions.asFileAttribute(OWNER_FILE));
      Files.write(
          unfinished,
          content.getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.TRUNCATE_EXISTING);
      Files.move(unfinished, path.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Files.deleteIfExists(unfinished);
      throw e;
    }
  }

  /** Gives the directory its final name. */
  public void publish() throws IOException {
    if (PARTIAL.matcher(path.getFileName().toString()).matches()) {
      Path published = path.resolveSibling(id());
      Files.move(path, published, StandardCopyOption.ATOMIC_MOVE);
      path = published;
    }
  }

  /**
   * A copy with the evidence alone in another place, for when this one's disk is full. The original
   * is removed once the copy is there.
   */
  public ReportDirectory moveEvidence(Path parent) throws IOException {
    Files.createDirectories(
        parent, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    if (!Files.getOwner(parent, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(path))) {
      throw new IOException(parent + " is another user's");
    }
    Path moved =
        Files.createDirectory(
            parent.resolve("." + id() + ".partial"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try {
      Files.copy(evidence(), moved.resolve(EVIDENCE), LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      new ReportDirectory(moved).delete();
      throw e;
    }
    delete();
    return new ReportDirectory(moved);
  }

  /** Removes the directory with the files in it; it has no directories. */
  public void delete() throws IOException {
    delete(path);
  }

  /**
   * Whoever may write above it could put another directory in its place between two steps: what is
   * removed is what was opened.
   */
  static void delete(Path path) throws IOException {
    try (DirectoryStream<Path> above = Files.newDirectoryStream(path.getParent())) {
      if (!(above instanceof SecureDirectoryStream<Path> parent)) {
        throw new IOException("this JDK has no secure directory streams");
      }
      try (SecureDirectoryStream<Path> files =
          parent.newDirectoryStream(path.getFileName(), LinkOption.NOFOLLOW_LINKS)) {
        for (Path file : files) {
          files.deleteFile(file.getFileName());
        }
      }
      parent.deleteDirectory(path.getFileName());
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /** The id in a directory's name, finished or not; empty where it is no report's. */
  static Optional<String> idOf(Path path) {
    String name = String.valueOf(path.getFileName());
    Matcher partial = PARTIAL.matcher(name);
    if (partial.matches()) {
      return Optional.of(partial.group(1));
    }
    return ID.matcher(name).matches() ? Optional.of(name) : Optional.empty();
  }

  /**
   * Removes the oldest finished reports beside this one, so that at most so many are left. What
   * can't be removed stays: it may be another user's, or another reporter's at the same moment.
   */
  public void keep(int count) {
    List<StoredReport> finished;
    try {
      finished = ReportStore.in(path.getParent()).finished();
    } catch (IOException e) {
      return;
    }
    for (StoredReport oldest :
        finished.subList(Math.min(count, finished.size()), finished.size())) {
      try {
        if (!oldest.path().equals(path)) {
          oldest.delete();
        }
      } catch (IOException e) {
        // the next time
      }
    }
  }
}
