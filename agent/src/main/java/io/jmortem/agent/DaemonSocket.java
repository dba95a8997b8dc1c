// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the host's daemon listens; in a container, where its socket is mounted. Whoever listens
 * there learns the command line, and is believed when it says that it watches. So only root and
 * this user may have put it there.
 */
final class DaemonSocket {

  private static final String DEFAULT = "/run/jmortem/daemon.sock";

  /** How the kernel shows the owner of a file whom this user namespace does not have. */
  private static final int NOBODY = 65534;

  private static final String ALL_USERS = "4294967295";

  /** Others could listen there; the message says why, and follows "because". */
  static final class NotTrustedException extends IOException {
    private static final long serialVersionUID = 1;

    NotTrustedException(String why) {
      super(why);
    }
  }

  private DaemonSocket() {}

  /**
   * Returns its real path, or null if there is none.
   *
   * @param option the value of the agent's option {@code daemon}
   * @throws NotTrustedException if others could listen there
   * @throws IOException if that can't be found out
   */
  static @Nullable Path find(String option) throws IOException {
    Path given = Path.of(option.equals("auto") ? DEFAULT : option);
    if (option.equals("off") || !Files.exists(given)) {
      return null;
    }
    Path path = given.toRealPath();
    String why = TrustedFile.objection(path);
    if (why != null && hasUsersOfItsOwn()) {
      why = TrustedFile.objection(path, NOBODY);
    }
    if (why != null) {
      throw new NotTrustedException(why);
    }
    return path;
  }

  /**
   * Whether this is another user namespace than the host's. Root of the host may not be a user of
   * this container then, and looks like nobody. Whoever has put the socket into the container
   * decides about the container anyway.
   */
  private static boolean hasUsersOfItsOwn() throws IOException {
    List<String> ranges = Files.readAllLines(Path.of("/proc/self/uid_map"));
    return ranges.size() != 1 || !ranges.get(0).endsWith(" " + ALL_USERS);
  }
}
