// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A file that nobody but root and this user can change or replace. */
public final class TrustedFile {

  private static final int WRITABLE_BY_OTHERS = 022;
  private static final int STICKY = 01000;

  private TrustedFile() {}

  /**
   * Looks at the file and at every directory above it. In a directory with the sticky bit, others
   * can't replace what belongs to root or to this user.
   *
   * @param path a real path, without links
   * @return who else could change it; null if nobody could
   * @throws IOException if something on the path can't be looked at
   */
  public static @Nullable String objection(Path path) throws IOException {
    int user = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    for (Path each = path; each != null; each = each.getParent()) {
      int owner = (Integer) Files.getAttribute(each, "unix:uid");
      int mode = (Integer) Files.getAttribute(each, "unix:mode");
      boolean isShared = (mode & STICKY) != 0 && !each.equals(path);
      if (owner != 0 && owner != user) {
        return each + " belongs to another user (" + owner + ")";
      }
      if ((mode & WRITABLE_BY_OTHERS) != 0 && !isShared) {
        return each + " can be written by others";
      }
    }
    return null;
  }
}
