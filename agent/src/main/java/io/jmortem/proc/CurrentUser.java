// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.util.regex.Pattern;

/** The user of this process; Java itself knows only the name. */
public final class CurrentUser {

  private static final Path SELF = Path.of("/proc/self");

  /** As {@code throwaway.h} has them. */
  private static final long THROWAWAY_FIRST = 0x70000000L;

  private static final long THROWAWAY_LAST = 0x7fffffffL;

  private static final Pattern NUMBER = Pattern.compile("\\d{10}");

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

  /** Whether it is one of the users that root's helper makes up for a single process. */
  public static boolean isThrowaway(UserPrincipal user) {
    if (!NUMBER.matcher(user.getName()).matches()) { // an account has a name
      return false;
    }
    long uid = Long.parseLong(user.getName());
    return uid >= THROWAWAY_FIRST && uid <= THROWAWAY_LAST;
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
