// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An installed helper, which may have file capabilities. It reads this process's memory, so nobody
 * but root and this user may be able to replace or change it.
 */
final class InstalledHelper {

  private static final int WRITABLE_BY_OTHERS = 022;
  private static final int STICKY = 01000;

  private InstalledHelper() {}

  /**
   * Returns its real path, after checking that only root and this user can change anything on it.
   *
   * @throws IOException if the helper is missing, or others can change it; the message says why
   */
  static Path trusted(Path installed) throws IOException {
    Path path;
    try {
      path = installed.toRealPath();
    } catch (IOException e) {
      throw new IOException("helper=" + installed + ": No such file or directory", e);
    }
    if (!Files.isRegularFile(path)) {
      throw new IOException("helper=" + installed + ": not a regular file");
    }
    int user = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    for (Path each = path; each != null; each = each.getParent()) {
      int owner = (Integer) Files.getAttribute(each, "unix:uid");
      int mode = (Integer) Files.getAttribute(each, "unix:mode");
      boolean isShared = (mode & STICKY) != 0 && !each.equals(path);
      if (owner != 0 && owner != user) {
        throw refused(installed, each, "belongs to another user (" + owner + ")");
      }
      if ((mode & WRITABLE_BY_OTHERS) != 0 && !isShared) {
        throw refused(installed, each, "can be written by others");
      }
    }
    return path;
  }

  private static IOException refused(Path installed, Path each, String why) {
    return new IOException(
        "helper="
            + installed
            + " is not used, because "
            + each
            + " "
            + why
            + ", who could replace the helper");
  }
}
