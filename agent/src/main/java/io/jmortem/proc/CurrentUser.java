// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;

/** The user of this process; Java itself knows only the name. */
public final class CurrentUser {

  private static final Path SELF = Path.of("/proc/self");

  private CurrentUser() {}

  /** The uid in our own user namespace; -1 without {@code /proc}. */
  public static int id() {
    try {
      return (Integer) Files.getAttribute(SELF, "unix:uid");
    } catch (IOException e) {
      return -1;
    }
  }

  /** The user as a principal of the file system. Principals with the same uid are equal. */
  public static UserPrincipal principal() throws IOException {
    return Files.getOwner(SELF);
  }

  /**
   * Whether a file belongs to this user.
   *
   * @throws IOException without {@code /proc}
   */
  public static boolean owns(PosixFileAttributes file) throws IOException {
    return file.owner().equals(principal());
  }
}
