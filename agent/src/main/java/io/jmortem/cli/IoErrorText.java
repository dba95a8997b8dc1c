// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.report.TerminalText;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Explains an error of a file in one line: the JDK's message is often only the path. */
final class IoErrorText {

  private IoErrorText() {}

  static String of(IOException e) {
    return TerminalText.line(
        e instanceof FileSystemException failure
            ? failure.getFile() + ": " + reason(failure)
            : String.valueOf(e.getMessage()));
  }

  private static String reason(FileSystemException failure) {
    if (failure.getReason() != null) {
      return failure.getReason();
    }
    if (failure instanceof NoSuchFileException) {
      return "No such file or directory";
    }
    if (failure instanceof AccessDeniedException) {
      return "Permission denied";
    }
    if (failure instanceof DirectoryNotEmptyException) {
      return "Directory not empty";
    }
    return failure instanceof FileAlreadyExistsException
        ? "File exists"
        : failure.getClass().getSimpleName();
  }
}
