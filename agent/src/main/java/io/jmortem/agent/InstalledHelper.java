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
    String objection = TrustedFile.objection(path);
    if (objection != null) {
      throw new IOException(
          "helper="
              + installed
              + " is not used, because "
              + objection
              + ", who could replace the helper");
    }
    return path;
  }
}
