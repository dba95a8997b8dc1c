// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;

/**
 * A report's directory, known by its name and its attributes. Anybody may have made it: it is read
 * without following a link, and removed only if it is this user's.
 */
public final class StoredReport {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS");

  /** Opens the report's directory anew. */
  private interface Opener {
    OpenDirectory open() throws IOException;
  }

  private final Path path;
  private final Opener opener;
  private final String id;
  private final boolean isFinished;
  private final Instant time;
  private final long pid;

  private StoredReport(
      Path path, Opener opener, String id, boolean isFinished, Instant time, long pid) {
    this.path = path;
    this.opener = opener;
    this.id = id;
    this.isFinished = isFinished;
    this.time = time;
    this.pid = pid;
  }

  /** Empty if this is not the name of a report's directory. */
  static Optional<StoredReport> of(Path path) {
    return of(
        path,
        () -> {
          try (OpenDirectory parent = OpenDirectory.at(above(path))) {
            return parent.child(path.getFileName());
          }
        });
  }

  /** The same in a directory that is open already, and stays open. */
  static Optional<StoredReport> in(OpenDirectory parent, Path name) {
    return of(name, () -> parent.child(name));
  }

  private static Optional<StoredReport> of(Path path, Opener opener) {
    Optional<String> id = ReportDirectory.idOf(path);
    if (id.isEmpty()) {
      return Optional.empty();
    }
    Matcher parts = ReportDirectory.ID.matcher(id.get());
    if (!parts.matches()) {
      return Optional.empty();
    }
    try {
      Instant time = LocalDateTime.parse(parts.group("time"), TIME).toInstant(ZoneOffset.UTC);
      boolean isFinished = id.get().equals(path.getFileName().toString());
      return Optional.of(
          new StoredReport(
              path, opener, id.get(), isFinished, time, Long.parseLong(parts.group("pid"))));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  public Path path() {
    return path;
  }

  public String id() {
    return id;
  }

  /** The pid of the process, in the helper's pid namespace. */
  public long pid() {
    return pid;
  }

  /** The time at which the evidence was first written. */
  public Instant time() {
    return time;
  }

  /** False while the report is being made, or if that was interrupted and only evidence exists. */
  public boolean isFinished() {
    return isFinished;
  }

  /** Which JVM it is about, across its restarts; empty if the report does not tell. */
  public String identity() {
    return ReportSummary.identity(this);
  }

  /** The summary of its report.json. */
  public ReportSummary summary() {
    return ReportSummary.of(this);
  }

  /**
   * Facts about its files.
   *
   * @param size of all files together, in bytes
   * @param lastChange the time of the last change to the directory or a file
   * @param hasUnfinishedFiles whether a file is being written, as when the report is made again
   * @param hasEvidence whether the helper's evidence exists
   * @param hasReport whether a report.json exists
   */
  public record Content(
      long size,
      Instant lastChange,
      boolean hasUnfinishedFiles,
      boolean hasEvidence,
      boolean hasReport) {}

  /** Files that can't be read are not counted. */
  public Content content() {
    long size = 0;
    boolean hasUnfinishedFiles = false;
    boolean hasEvidence = false;
    boolean hasReport = false;
    Instant lastChange = Instant.EPOCH;
    try (OpenDirectory directory = opener.open()) {
      lastChange = directory.attributes().lastModifiedTime().toInstant();
      for (Path name : directory.names()) {
        hasUnfinishedFiles |= name.toString().endsWith(".new");
        hasEvidence |= name.toString().equals(ReportDirectory.EVIDENCE);
        hasReport |= name.toString().equals("report.json");
        Optional<PosixFileAttributes> file = directory.attributes(name);
        if (file.isPresent()) {
          Instant change = file.get().lastModifiedTime().toInstant();
          size += file.get().size();
          lastChange = change.isAfter(lastChange) ? change : lastChange;
        }
      }
    } catch (IOException e) {
      // return what was read so far
    }
    return new Content(size, lastChange, hasUnfinishedFiles, hasEvidence, hasReport);
  }

  private static Path above(Path path) {
    return Objects.requireNonNull(path.getParent(), "a report is in a directory");
  }

  /**
   * Opens a regular file in it.
   *
   * @param limit the largest size, in bytes
   * @throws NoSuchFileException if there is no such file
   * @throws IOException if it can't be read, or is larger; reading throws, too, if the file grows
   */
  public InputStream read(String file, long limit) throws IOException {
    Path name = Path.of(file);
    try (OpenDirectory directory = opener.open()) {
      long size = directory.attributes(name).map(PosixFileAttributes::size).orElse(0L);
      if (size > limit) {
        throw tooLarge(path.resolve(file), limit);
      }
      return new Limited(directory.read(name), path.resolve(file), limit);
    }
  }

  private static IOException tooLarge(Path file, long limit) {
    return new IOException(
        file + " is too large for a report: more than " + (limit >> 20) + " MiB");
  }

  private static final class Limited extends FilterInputStream {

    private final Path file;
    private final long limit;
    private long read;

    Limited(InputStream in, Path file, long limit) {
      super(in);
      this.file = file;
      this.limit = limit;
    }

    private int counted(int n, int bytes) throws IOException {
      read += n < 0 ? 0 : bytes;
      if (read > limit) {
        throw tooLarge(file, limit);
      }
      return n;
    }

    @Override
    public int read() throws IOException {
      return counted(super.read(), 1);
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      int n = super.read(to, offset, length);
      return counted(n, n);
    }
  }

  /**
   * Refuses a report that {@link #delete} would not remove.
   *
   * @throws IOException if others than this user could change it; the message says why
   */
  public void requireOwn() throws IOException {
    try (OpenDirectory parent = OpenDirectory.at(above(path));
        OpenDirectory directory = parent.child(path.getFileName())) {
      parent.requireStable();
      directory.requireOwn();
    }
  }

  /**
   * Removes the report.
   *
   * @throws IOException if others than this user could change it, or something in it can't be
   *     removed, such as a directory that jmortem did not make
   */
  public void delete() throws IOException {
    ReportDirectory.delete(above(path), path.getFileName());
  }
}
