// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.util.Optional;

/**
 * The files of a process that may have another root directory than we, or other mounts: what it
 * names is looked up in its own root and working directory. A file is found, checked, read and
 * copied by one opening: between two, somebody may put another in its place.
 */
public interface ProcessFiles {

  /** What {@link #openHead} gives at most, in bytes. */
  int HEAD = 1024 * 1024;

  /** Those of a process that can't be reached. */
  ProcessFiles NONE =
      new ProcessFiles() {

        @Override
        public Optional<TargetFile> open(String named) {
          return Optional.empty();
        }

        @Override
        public Optional<TargetFile> openHead(String named) {
          return Optional.empty();
        }
      };

  /**
   * Opens a file. What was opened before can't be read any more.
   *
   * @param named as the process names it: absolute, or below its working directory
   * @return empty where there is none, it is no regular file, or it can't be read
   */
  Optional<TargetFile> open(String named);

  /** The same for the first {@link #HEAD} bytes of it. */
  Optional<TargetFile> openHead(String named);

  /**
   * Why a file can't be opened, in the C library's words, or {@code not a regular file}.
   *
   * @return empty if it can be opened, or the reason is not known
   */
  default Optional<String> refusal(String named) {
    return Optional.empty();
  }
}
