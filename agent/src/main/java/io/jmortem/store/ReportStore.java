// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import io.jmortem.proc.OwnUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The reports in some directories, newest first. */
public final class ReportStore {

  private final List<Path> directories;

  private ReportStore(List<Path> directories) {
    this.directories = directories;
  }

  /** Those of one directory. */
  public static ReportStore in(Path directory) {
    return new ReportStore(List.of(directory));
  }

  /**
   * Those of the working directory, and of the places that are written to where that can't be.
   * There others may make directories too: only this user's count.
   */
  public static ReportStore byDefault() {
    List<Path> places = new ArrayList<>();
    places.add(Path.of("jmortem-reports").toAbsolutePath());
    int user = OwnUser.id();
    Path temporary = Path.of(System.getProperty("java.io.tmpdir", "/tmp"), "jmortem-reports");
    for (Path place :
        List.of(
            temporary,
            Path.of(temporary + "-" + user),
            Path.of("/dev/shm/jmortem-reports-" + user))) {
      if (isOf(user, place)) {
        places.add(place);
      }
    }
    return new ReportStore(places);
  }

  private static boolean isOf(int user, Path place) {
    try {
      return Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)
          && Files.getAttribute(place, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(user);
    } catch (IOException e) {
      return false;
    }
  }

  /** Where it looks. */
  public List<Path> directories() {
    return directories;
  }

  /** All of them; those that are being made, or were never finished, too. */
  public List<StoredReport> all() throws IOException {
    List<StoredReport> all = new ArrayList<>();
    for (Path directory : directories) {
      if (!Files.isDirectory(directory)) {
        continue;
      }
      try (Stream<Path> paths = Files.list(directory)) {
        paths.map(StoredReport::of).flatMap(Optional::stream).forEach(all::add);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }
    all.sort(Comparator.comparing(StoredReport::id).reversed());
    return all;
  }

  /** Those that are finished. */
  public List<StoredReport> finished() throws IOException {
    return all().stream().filter(StoredReport::isFinished).toList();
  }
}
