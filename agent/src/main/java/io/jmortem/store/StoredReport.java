// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.stream.Stream;

/** A report's directory, by its name and what the file system says of it. */
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

  /** Empty where it is no report's directory, or a link to one. */
  static Optional<StoredReport> of(Path path) {
    Optional<String> id = ReportDirectory.idOf(path);
    if (id.isEmpty() || !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
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
    return ReportSummary.read(path);
  }

  /** Of its files, in bytes; what can't be read counts nothing. */
  public long size() {
    try (Stream<Path> files = Files.list(path)) {
      return files.mapToLong(StoredReport::sizeOf).sum();
    } catch (IOException | UncheckedIOException e) {
      return 0;
    }
  }

  private static long sizeOf(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .size();
    } catch (IOException e) {
      return 0;
    }
  }

  /** When something in it was written last. */
  public Instant lastChange() {
    Instant last = changeOf(path);
    try (Stream<Path> files = Files.list(path)) {
      return files.map(StoredReport::changeOf).reduce(last, (a, b) -> a.isAfter(b) ? a : b);
    } catch (IOException | UncheckedIOException e) {
      return last;
    }
  }

  private static Instant changeOf(Path file) {
    try {
      return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant();
    } catch (IOException e) {
      return Instant.EPOCH;
    }
  }

  /** Whether a file of it is just being made, as when it is made again. */
  public boolean hasUnfinishedFiles() {
    try (Stream<Path> files = Files.list(path)) {
      return files.anyMatch(each -> String.valueOf(each.getFileName()).endsWith(".new"));
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  /**
   * Removes it.
   *
   * @throws IOException if something in it can't be removed, such as a directory that is none of
   *     ours; then at least that is left
   */
  public void delete() throws IOException {
    ReportDirectory.delete(path);
  }
}
