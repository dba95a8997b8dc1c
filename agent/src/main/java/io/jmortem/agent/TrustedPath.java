// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Whether other users can change what is found at a path. */
final class TrustedPath {

  /** Whose files are trusted. */
  interface Owners {
    boolean include(int uid) throws IOException;
  }

  static final Owners OURS_AND_ROOTS = uid -> uid == 0 || uid == ownUser();

  private static final int WRITABLE_BY_OTHERS = 022;
  private static final int STICKY = 01000;
  private static final int KIND = 0170000;
  private static final int SOCKET = 0140000;

  private TrustedPath() {}

  private static int ownUser() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  /**
   * Looks at the path and at all directories above it.
   *
   * @param path without links
   * @return what is wrong: words that follow "because"; null if only these owners can change it
   */
  static @Nullable String whyNot(Path path, Owners trusted) throws IOException {
    for (Path each = path; each != null; each = each.getParent()) {
      int owner = (Integer) Files.getAttribute(each, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      int mode = (Integer) Files.getAttribute(each, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      boolean isShared = (mode & STICKY) != 0 && !each.equals(path);
      boolean isSocket = (mode & KIND) == SOCKET; // to write to one is to connect
      if (!trusted.include(owner)) {
        return each + " belongs to another user (" + owner + ")";
      }
      if ((mode & WRITABLE_BY_OTHERS) != 0 && !isShared && !isSocket) {
        return each + " can be written by others";
      }
    }
    return null;
  }
}
