// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A file that nobody but root and this user can change or replace. */
public final class TrustedFile {

  private static final int NOBODY_ELSE = -1;
  private static final int WRITABLE_BY_OTHERS = 022;
  private static final int STICKY = 01000;
  private static final int KIND = 0170000;
  private static final int SOCKET = 0140000;

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
    return objection(path, NOBODY_ELSE);
  }

  /** The same, if another user is trusted, too. */
  static @Nullable String objection(Path path, int trusted) throws IOException {
    int user = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    for (Path each = path; each != null; each = each.getParent()) {
      int owner = (Integer) Files.getAttribute(each, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      int mode = (Integer) Files.getAttribute(each, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      boolean isShared = (mode & STICKY) != 0 && !each.equals(path);
      boolean isSocket = (mode & KIND) == SOCKET; // to write to one is to connect
      if (owner != 0 && owner != user && owner != trusted) {
        return each + " belongs to another user (" + owner + ")";
      }
      if ((mode & WRITABLE_BY_OTHERS) != 0 && !isShared && !isSocket) {
        return each + " can be written by others";
      }
    }
    return null;
  }
}
