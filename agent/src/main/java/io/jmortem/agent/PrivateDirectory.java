// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.SplittableRandom;

/**
 * A new directory of mode 0700. Not by {@code Files.createTempDirectory}: its SecureRandom takes
 * seconds where there is no /dev/random. That the name is new is for the kernel to say, not for
 * chance.
 */
public final class PrivateDirectory {

  /** Names that are tried; more are taken only by somebody who wants it. */
  private static final int MAX_NAMES = 100;

  private PrivateDirectory() {}

  /**
   * Creates one.
   *
   * @param place the directory to create it in
   * @param prefix of its name
   * @throws IOException if it can't be created
   */
  public static Path create(Path place, String prefix) throws IOException {
    SplittableRandom random = new SplittableRandom();
    for (int i = 0; ; i++) {
      Path path = place.resolve(prefix + Long.toUnsignedString(random.nextLong()));
      try {
        return Files.createDirectory(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (FileAlreadyExistsException e) {
        if (i == MAX_NAMES) {
          throw e;
        }
      }
    }
  }
}
