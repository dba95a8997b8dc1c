// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;

/** The user that this process runs as, for which Java has a name only. */
public final class CurrentUser {

  private static final Path SELF = Path.of("/proc/self");

  private CurrentUser() {}

  /** The uid, as its own user namespace counts; -1 where there is no {@code /proc}. */
  public static int id() {
    try {
      return (Integer) Files.getAttribute(SELF, "unix:uid");
    } catch (IOException e) {
      return -1;
    }
  }

  /** The user, as the file system's attributes name it. Two are equal if their numbers are. */
  public static UserPrincipal principal() throws IOException {
    return Files.getOwner(SELF);
  }

  /**
   * Whether a file belongs to this user.
   *
   * @throws IOException where there is no {@code /proc}
   */
  public static boolean owns(PosixFileAttributes file) throws IOException {
    return file.owner().equals(principal());
  }
}
