// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import io.jmortem.proc.CurrentUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The reports in some directories, newest first. */
public final class ReportStore {

  private static final String NAME = "jmortem-reports";

  private final List<Path> directories;

  private ReportStore(List<Path> directories) {
    this.directories = directories;
  }

  /** Those of one directory. */
  public static ReportStore in(Path directory) {
    return new ReportStore(List.of(directory));
  }

  /**
   * Those of the working directory, and of the places that are written to where that can't be: in
   * the temporary directory and in {@code /dev/shm}, with the user's number behind the name, and in
   * the last of them something random, so that nobody can make it beforehand. There others may make
   * directories too: only those count that are this user's alone.
   */
  public static ReportStore byDefault() {
    List<Path> places = new ArrayList<>();
    places.add(Path.of(NAME).toAbsolutePath());
    places.addAll(elsewhere(Path.of(System.getProperty("java.io.tmpdir", "/tmp"))));
    places.addAll(elsewhere(Path.of("/dev/shm")));
    return new ReportStore(places);
  }

  /** What of this user's own is in a directory that all share. */
  static List<Path> elsewhere(Path shared) {
    Pattern names = Pattern.compile(NAME + "(-" + CurrentUser.id() + "(-\\w{1,16})?)?");
    List<Path> own = new ArrayList<>();
    try (OpenDirectory directory = OpenDirectory.at(shared)) {
      for (Path name : directory.names()) {
        if (names.matcher(name.toString()).matches() && isOwn(directory, name)) {
          own.add(shared.resolve(name));
        }
      }
    } catch (IOException e) {
      return List.of();
    }
    own.sort(Comparator.naturalOrder());
    return own;
  }

  private static boolean isOwn(OpenDirectory shared, Path name) {
    try (OpenDirectory directory = shared.child(name)) {
      directory.requireOwn();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Why reports can't be put into a directory that exists.
   *
   * @return a sentence; empty if they can
   */
  public static Optional<String> refusal(Path place) {
    try (OpenDirectory directory = OpenDirectory.at(place)) {
      return directory.whyNotOwn();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** Where it looks. */
  public List<Path> directories() {
    return directories;
  }

  /** All of them; those that are being made, or were never finished, too. */
  public List<StoredReport> all() throws IOException {
    List<StoredReport> all = new ArrayList<>();
    for (Path place : directories) {
      if (!Files.isDirectory(place)) {
        continue;
      }
      try (OpenDirectory directory = OpenDirectory.at(place)) {
        for (Path name : directory.names()) {
          Optional<StoredReport> report = StoredReport.of(place.resolve(name));
          if (report.isPresent() && isDirectory(directory, name)) {
            all.add(report.get());
          }
        }
      }
    }
    all.sort(Comparator.comparing(StoredReport::id).reversed());
    return all;
  }

  /** Not a link to one. */
  private static boolean isDirectory(OpenDirectory in, Path name) throws IOException {
    return in.attributes(name).map(PosixFileAttributes::isDirectory).orElse(false);
  }

  /** Those that are finished. */
  public List<StoredReport> finished() throws IOException {
    return all().stream().filter(StoredReport::isFinished).toList();
  }
}
