// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Formats a list of directories for a sentence. */
final class PathList {

  private PathList() {}

  static String joined(List<Path> directories) {
    return directories.stream().map(Path::toString).collect(Collectors.joining(", "));
  }
}
