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
import java.util.Optional;
import java.util.regex.Matcher;

/**
 * A report's directory, by its name and what the file system says of it. It may be anybody's: it is
 * read without following a link, and removed only if it is this user's.
 */
public final class StoredReport {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS");

  private final Path path;
  private final String id;
  private final boolean isFinished;
  private final Instant time;
  private final long pid;

  private StoredReport(Path path, String id, boolean isFinished, Instant time, long pid) {
    this.path = path;
    this.id = id;
    this.isFinished = isFinished;
    this.time = time;
    this.pid = pid;
  }

  /** Empty where that is no name of a report's directory. */
  static Optional<StoredReport> of(Path path) {
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
          new StoredReport(path, id.get(), isFinished, time, Long.parseLong(parts.group("pid"))));
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

  /** Of the process, as the helper saw it. */
  public long pid() {
    return pid;
  }

  /** When the evidence was first written. */
  public Instant time() {
    return time;
  }

  /** False while it is being made; or where that was broken off, and there is evidence alone. */
  public boolean isFinished() {
    return isFinished;
  }

  /** What it says. */
  public ReportSummary summary() {
    return ReportSummary.of(this);
  }

  /**
   * What the file system says of its files.
   *
   * @param size of all together, in bytes
   * @param lastChange when something in it was written last
   * @param hasUnfinishedFiles whether one is just being made, as when the report is made again
   * @param hasEvidence whether the helper's evidence is there
   * @param hasReport whether a report was made of it
   */
  public record Content(
      long size,
      Instant lastChange,
      boolean hasUnfinishedFiles,
      boolean hasEvidence,
      boolean hasReport) {}

  /** What can't be read counts nothing. */
  public Content content() {
    long size = 0;
    boolean hasUnfinishedFiles = false;
    boolean hasEvidence = false;
    boolean hasReport = false;
    Instant lastChange = Instant.EPOCH;
    try (OpenDirectory directory = open()) {
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
      // what has been read of it
    }
    return new Content(size, lastChange, hasUnfinishedFiles, hasEvidence, hasReport);
  }

  private OpenDirectory open() throws IOException {
    try (OpenDirectory parent = OpenDirectory.at(path.getParent())) {
      return parent.child(path.getFileName());
    }
  }

  /**
   * A regular file of it, from its beginning.
   *
   * @param limit how many bytes it may have
   * @throws NoSuchFileException if there is none
   * @throws IOException if it can't be read, or is larger; while it is read, too, if it grows
   */
  public InputStream read(String file, long limit) throws IOException {
    Path name = Path.of(file);
    try (OpenDirectory directory = open()) {
      long size = directory.attributes(name).map(PosixFileAttributes::size).orElse(0L);
      if (size > limit) {
        throw tooLarge(path.resolve(file), limit);
      }
      return new Limited(directory.read(name), path.resolve(file), limit);
    }
  }

  private static IOException tooLarge(Path file, long limit) {
    return new IOException(
        file + " is larger than any report: more than " + (limit >> 20) + " MiB");
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
   * Refuses what {@link #delete} would not remove.
   *
   * @throws IOException if it is not this user's alone; a sentence that says so
   */
  public void requireOwn() throws IOException {
    try (OpenDirectory parent = OpenDirectory.at(path.getParent());
        OpenDirectory directory = parent.child(path.getFileName())) {
      parent.requireStable();
      directory.requireOwn();
    }
  }

  /**
   * Removes it.
   *
   * @throws IOException if it is not this user's alone, or something in it can't be removed, such
   *     as a directory that is none of ours; then at least that is left
   */
  public void delete() throws IOException {
    ReportDirectory.delete(path.getParent(), path.getFileName());
  }
}
