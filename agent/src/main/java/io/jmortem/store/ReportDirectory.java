// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A report's directory (0700, files 0600), open for writing. Its name is {@code .<id>.partial}
 * until the report is complete; then one rename publishes it.
 *
 * <p>The directory and its parent are open by their descriptors. The directory is refused if it
 * belongs to another user, if others may write to it, or if others could replace it: root may write
 * reports next to users' files.
 */
public final class ReportDirectory implements Closeable {

  /** The file that the helper writes in it. */
  public static final String EVIDENCE = "evidence.ndjson";

  /** UTC time, host, pid and a random number, as the helper makes it. */
  static final Pattern ID =
      Pattern.compile(
          "(?<time>\\d{8}T\\d{6}\\.\\d{3})Z-[\\w]{1,40}-(?<pid>\\d{1,10})-\\p{XDigit}{6}");

  private static final Pattern PARTIAL = Pattern.compile("\\.(" + ID.pattern() + ")\\.partial");

  private static final String LOCK = ".lock";

  private static final int BUFFER = 64 * 1024;

  private final @Nullable OpenDirectory parent; // null if the helper publishes
  private final OpenDirectory files;
  private final String above; // the parent's path, for messages
  private Path name;

  private ReportDirectory(
      @Nullable OpenDirectory parent, OpenDirectory files, String above, Path name) {
    this.parent = parent;
    this.files = files;
    this.above = above;
    this.name = name;
  }

  /**
   * Opens an existing directory, published or not.
   *
   * @throws IOException if it holds no evidence, or others than this user could change it; the
   *     message says which
   */
  public static ReportDirectory open(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    if (absolute.getParent() == null) {
      throw new IOException(absolute + ": not a report's directory");
    }
    OpenDirectory parent;
    try {
      parent = OpenDirectory.at(absolute.getParent());
    } catch (NoSuchFileException e) {
      throw missing(absolute, e);
    }
    try {
      return checked(parent, parent.child(absolute.getFileName()), absolute);
    } catch (NoSuchFileException e) {
      parent.close();
      throw missing(absolute, e);
    } catch (IOException | RuntimeException e) {
      parent.close();
      throw e;
    }
  }

  private static IOException missing(Path path, IOException cause) {
    return new IOException(path + ": not a report's directory (it does not exist)", cause);
  }

  private static ReportDirectory checked(OpenDirectory parent, OpenDirectory files, Path path)
      throws IOException {
    try {
      files.requireOwn();
      if (!files
          .attributes(Path.of(EVIDENCE))
          .map(PosixFileAttributes::isRegularFile)
          .orElse(false)) {
        throw new IOException(files + ": not a report's directory (it has no " + EVIDENCE + ")");
      }
      parent.requireStable();
    } catch (IOException | RuntimeException e) {
      files.close();
      throw e;
    }
    return new ReportDirectory(parent, files, String.valueOf(path.getParent()), path.getFileName());
  }

  /**
   * Takes over a directory that the helper has opened.
   *
   * @param path its path as the helper names it; used for messages and for the final name
   * @param directory a path that leads to its descriptor, such as {@code /proc/self/fd/3}
   * @param parent a path that leads to the descriptor of its parent directory
   * @throws IOException if it is not in that parent, or others than this user could change one of
   *     them
   */
  public static ReportDirectory ofDescriptors(String path, Path directory, Path parent)
      throws IOException {
    int slash = path.lastIndexOf('/');
    String above = path.substring(0, Math.max(slash, 0));
    Path name = Path.of(path.substring(slash + 1));
    OpenDirectory opened = OpenDirectory.at(parent, above);
    OpenDirectory files = OpenDirectory.at(directory, path);
    opened.requireOwn();
    files.requireOwn();
    Object there = opened.attributes(name).map(PosixFileAttributes::fileKey).orElse(null);
    if (!Objects.equals(there, files.attributes().fileKey())) {
      throw new IOException(path + " was replaced by another directory");
    }
    return new ReportDirectory(opened, files, above, name);
  }

  /**
   * Takes over a directory that the helper has lent. What concerns the directory above is left to
   * the helper: the final name, the removal of an empty directory, and the number of reports.
   *
   * @param path its path as the helper names it; used for messages
   * @param directory a path that leads to its descriptor
   * @throws IOException if others than this user could change it
   */
  public static ReportDirectory ofDescriptor(String path, Path directory) throws IOException {
    int slash = path.lastIndexOf('/');
    OpenDirectory files = OpenDirectory.at(directory, path);
    files.requireOwn();
    return new ReportDirectory(
        null, files, path.substring(0, Math.max(slash, 0)), Path.of(path.substring(slash + 1)));
  }

  /**
   * Locks the directory for this process, until the returned object is closed. The helper holds a
   * lock on the evidence while it writes there ({@code evidence.c}).
   *
   * @return empty if another process has the lock
   */
  public Optional<Closeable> tryLock() throws IOException {
    if (files.isLocked(Path.of(EVIDENCE))) {
      return Optional.empty();
    }
    return files.tryLock(Path.of(LOCK));
  }

  /** Its path, for messages. */
  public String path() {
    return above + "/" + name;
  }

  /** The report's id: the directory's name without the mark of an unfinished report. */
  public String id() {
    return idOf(name).orElseGet(name::toString);
  }

  /** The evidence, from its beginning. */
  public InputStream openEvidence() throws IOException {
    return files.read(Path.of(EVIDENCE));
  }

  /**
   * Appends to the evidence what was found after the helper had written it.
   *
   * @param lines each with its line end
   * @throws UnwritableException if the directory can't be written
   */
  public void appendEvidence(String lines) throws IOException {
    try (OutputStream out = files.append(Path.of(EVIDENCE))) {
      out.write(lines.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UnwritableException(path(), e);
    }
  }

  /**
   * Finds the first regular file, in the order of names, whose name matches.
   *
   * @return empty if there is none
   */
  public Optional<String> find(Pattern names) throws IOException {
    List<Path> found =
        files.names().stream()
            .filter(each -> names.matcher(each.toString()).matches())
            .sorted(Comparator.naturalOrder())
            .toList();
    for (Path each : found) {
      if (files.attributes(each).map(PosixFileAttributes::isRegularFile).orElse(false)) {
        return Optional.of(each.toString());
      }
    }
    return Optional.empty();
  }

  /** A file in it, from its beginning. */
  public InputStream read(String file) throws IOException {
    return files.read(Path.of(file));
  }

  /**
   * Writes a file, which appears complete or not at all.
   *
   * @throws UnwritableException if the directory can't be written
   * @throws IOException if the content's writer throws it
   */
  public void write(String file, ContentWriter content) throws IOException {
    Path unfinished = Path.of("." + file + ".new");
    try (OutputStream out = create(unfinished)) {
      content.writeTo(out);
    } catch (IOException | RuntimeException | Error e) {
      discard(unfinished, e);
      throw e;
    }
    try {
      files.rename(unfinished, Path.of(file));
    } catch (IOException e) {
      discard(unfinished, e);
      throw new UnwritableException(path(), e);
    }
  }

  private OutputStream create(Path file) throws IOException {
    try {
      files.deleteFileIfExists(file);
      return new BufferedOutputStream(new CheckedOutput(files.create(file), path()), BUFFER);
    } catch (IOException e) {
      throw new UnwritableException(path(), e);
    }
  }

  private void discard(Path file, Throwable because) {
    try {
      files.deleteFileIfExists(file);
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  /** Removes the files whose names match, but for one. */
  public void discardOthers(Pattern names, String kept) throws IOException {
    for (Path each : files.names()) {
      if (names.matcher(each.toString()).matches() && !each.toString().equals(kept)) {
        files.deleteFileIfExists(each);
      }
    }
  }

  /** Removes all files but the evidence: the report is then made in another directory. */
  public void discardAllButEvidence() throws IOException {
    for (Path each : files.names()) {
      if (!each.toString().equals(EVIDENCE)) {
        files.deleteFileIfExists(each);
      }
    }
  }

  /**
   * Gives the directory its final name.
   *
   * @throws UnwritableException if the rename fails
   */
  public void publish() throws IOException {
    if (PARTIAL.matcher(name.toString()).matches()) {
      Path published = Path.of(id());
      try {
        if (parent != null) {
          parent.rename(name, published);
        }
      } catch (IOException e) {
        throw new UnwritableException(above, e);
      }
      name = published;
    }
  }

  /** Removes the directory and its files; it holds no directories. */
  public void delete() throws IOException {
    deleteAll(files);
    if (parent != null) {
      parent.deleteDirectory(name);
    }
  }

  private static void deleteAll(OpenDirectory directory) throws IOException {
    for (Path each : directory.names()) {
      directory.deleteFile(each);
    }
  }

  /**
   * Removes a report's directory.
   *
   * @throws IOException if others than this user could change it, or something in it can't be
   *     removed; the message says which
   */
  static void delete(Path above, Path name) throws IOException {
    try (OpenDirectory parent = OpenDirectory.at(above)) {
      parent.requireStable();
      delete(parent, name);
    }
  }

  private static void delete(OpenDirectory parent, Path name) throws IOException {
    try (OpenDirectory directory = parent.child(name)) {
      directory.requireOwn();
      deleteAll(directory);
    }
    parent.deleteDirectory(name);
  }

  /** The id in the name of a report's directory, finished or not; empty for any other name. */
  static Optional<String> idOf(Path path) {
    String name = String.valueOf(path.getFileName());
    Matcher partial = PARTIAL.matcher(name);
    if (partial.matches()) {
      return Optional.of(partial.group(1));
    }
    return ID.matcher(name).matches() ? Optional.of(name) : Optional.empty();
  }

  /**
   * Removes what is surplus next to this report, and never this one. A report that can't be removed
   * stays: it may belong to another user, or another reporter may be removing it.
   */
  public void keep(Retention limits) {
    if (parent != null) {
      keep(parent, limits);
    }
  }

  private void keep(OpenDirectory parent, Retention limits) {
    try {
      for (StoredReport each : limits.surplusBeside(name, parent)) {
        removeQuietly(parent, each.path());
      }
    } catch (IOException e) {
      // the next report tries again
    }
  }

  private static void removeQuietly(OpenDirectory parent, Path other) {
    try {
      delete(parent, other);
    } catch (IOException e) {
      // the next report tries again
    }
  }

  @Override
  public void close() throws IOException {
    try (parent) { // null is left alone
      files.close();
    }
  }
}
