// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.util.Optional;

/**
 * The files of a process that may have another root directory or other mounts than we have. Names
 * are looked up in the process's own root and working directory. A file is opened once, and then
 * checked, read and copied: between two openings, somebody could replace it.
 */
public interface ProcessFiles {

  /** The most bytes that {@link #openHead} returns. */
  int HEAD = 1024 * 1024;

  /** Finds no files: the process can't be reached. */
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
   * Opens a file. A file that was opened before can't be read any more.
   *
   * @param named the process's name for it: absolute, or relative to its working directory
   * @return empty if it does not exist, is not a regular file, or can't be read
   */
  Optional<TargetFile> open(String named);

  /** Opens only the first {@link #HEAD} bytes of a file. */
  Optional<TargetFile> openHead(String named);

  /**
   * Why a file can't be opened: the C library's message, or {@code not a regular file}.
   *
   * @return empty if it can be opened, or if the reason is unknown
   */
  default Optional<String> refusal(String named) {
    return Optional.empty();
  }
}
