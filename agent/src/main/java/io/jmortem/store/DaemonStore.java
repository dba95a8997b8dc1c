// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import io.jmortem.proc.CurrentUser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where a daemon writes: root's, with a directory for each uid, which that user may read and nobody
 * but root may write.
 */
final class DaemonStore {

  private static final Pattern UID = Pattern.compile("\\d{1,10}");

  private final Path root;

  private DaemonStore(Path root) {
    this.root = root;
  }

  static DaemonStore at(Path root) {
    return new DaemonStore(root);
  }

  /** This user's directory in it; for root, those of all users. Empty if it is no such store. */
  List<Path> directories() {
    int user = CurrentUser.id();
    List<Path> found = new ArrayList<>();
    for (Path name : user == 0 ? all() : List.of(Path.of(Integer.toString(user)))) {
      if (isRootsAlone(root.resolve(name))) {
        found.add(root.resolve(name));
      }
    }
    return found;
  }

  private List<Path> all() {
    try (OpenDirectory directory = OpenDirectory.at(root)) {
      return directory.names().stream()
          .filter(name -> UID.matcher(name.toString()).matches())
          .sorted(Comparator.comparing(name -> Long.parseLong(name.toString())))
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static boolean isRootsAlone(Path place) {
    try (OpenDirectory directory = OpenDirectory.at(place)) {
      return directory.isRootsAlone();
    } catch (IOException e) {
      return false; // there is none, or it may not be read
    }
  }
}
