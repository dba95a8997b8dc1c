// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The user that this process runs as, for which Java has a name only. */
public final class OwnUser {

  private OwnUser() {}

  /** The uid, as its own user namespace counts; -1 where there is no {@code /proc}. */
  public static int id() {
    try {
      return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      return -1;
    }
  }
}
