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

  /** The daemon's store: a directory for each uid, with that user's reports. */
  public static final Path OF_THE_DAEMON = Path.of("/var/lib/jmortem");

  private final List<Path> directories;

  private ReportStore(List<Path> directories) {
    this.directories = directories;
  }

  /** The reports in one directory. If a daemon writes there, in what it has for this user. */
  public static ReportStore in(Path directory) {
    List<Path> places = new ArrayList<>(DaemonStore.at(directory).directories());
    if (places.isEmpty() || Files.isReadable(directory)) {
      places.add(0, directory);
    }
    return new ReportStore(places);
  }

  /**
   * The reports in the working directory, and in the directories that are used if that one can't be
   * written: in the temporary directory and in {@code /dev/shm}, with the uid appended to the name,
   * and perhaps a random suffix, so that nobody can create the directory beforehand. Others may
   * create directories there, too; only those that only this user can write are used. And what the
   * daemon has made, of this user's JVMs; for root, of all.
   */
  public static ReportStore byDefault() {
    List<Path> places = new ArrayList<>(ownByDefault().directories);
    places.addAll(DaemonStore.at(OF_THE_DAEMON).directories());
    return new ReportStore(places);
  }

  /** As {@link #byDefault}, without the reports that this user can only read. */
  public static ReportStore toChangeByDefault() {
    return CurrentUser.id() == 0 ? byDefault() : ownByDefault();
  }

  private static ReportStore ownByDefault() {
    List<Path> places = new ArrayList<>();
    places.add(Path.of(NAME).toAbsolutePath());
    places.addAll(elsewhere(Path.of(System.getProperty("java.io.tmpdir", "/tmp"))));
    places.addAll(elsewhere(Path.of("/dev/shm")));
    return new ReportStore(places);
  }

  /** This user's own directories of reports in a shared directory. */
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
   * Why an existing directory can't be used for reports.
   *
   * @return a sentence; empty if it can be used
   */
  public static Optional<String> refusal(Path place) {
    try (OpenDirectory directory = OpenDirectory.at(place)) {
      return directory.whyNotOwn();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** The directories that are searched. */
  public List<Path> directories() {
    return directories;
  }

  /** A store for each of the directories. */
  public List<ReportStore> each() {
    return directories.stream().map(at -> new ReportStore(List.of(at))).toList();
  }

  /** What the daemon tells of ends without a report, newest first. */
  public List<HistoryLine> history() {
    List<HistoryLine> history = new ArrayList<>();
    for (Path place : directories) {
      history.addAll(HistoryLine.read(place));
    }
    history.sort(Comparator.comparing(HistoryLine::time).reversed());
    return history;
  }

  /** All reports, including those that are being made or were never finished. */
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

  /** False for a link to a directory. */
  private static boolean isDirectory(OpenDirectory in, Path name) throws IOException {
    return in.attributes(name).map(PosixFileAttributes::isDirectory).orElse(false);
  }

  /** The finished reports. */
  public List<StoredReport> finished() throws IOException {
    return all().stream().filter(StoredReport::isFinished).toList();
  }
}
