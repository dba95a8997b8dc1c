// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Set;

/**
 * The files of a process that may have another root directory than we, or other mounts: what it
 * names is reached through its own root and working directory, which somebody holds open for us.
 *
 * @param root its root directory, as we reach it
 * @param workingDirectory the same of its working directory
 * @param name of its working directory, as itself sees it; absolute
 * @param users numbers of its user; a file of somebody else's is none that it wrote. Empty: unknown
 */
public record ProcessFiles(Path root, Path workingDirectory, Path name, Set<String> users) {

  /** Those of a process that has the same files as we. */
  public static ProcessFiles shared(Path workingDirectory) {
    return new ProcessFiles(Path.of("/"), workingDirectory, workingDirectory, Set.of());
  }

  /**
   * Where we find it.
   *
   * @param named absolute, as the process sees it
   */
  public Path reached(Path named) {
    Path normal = named.normalize();
    return normal.startsWith(name)
        ? workingDirectory.resolve(name.relativize(normal))
        : root.resolve(Path.of("/").relativize(normal));
  }

  /** Whether it is a file, and one that the process may have written itself. */
  public boolean isItsFile(Path named) {
    Path file = reached(named);
    try {
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          && (users.isEmpty()
              || users.contains(
                  Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS).toString()));
    } catch (IOException e) {
      return false;
    }
  }
}
