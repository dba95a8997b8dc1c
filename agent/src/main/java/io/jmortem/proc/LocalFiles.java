// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The files of a process that has the same root directory as we: a report is made again. */
public final class LocalFiles implements ProcessFiles {

  private final Path workingDirectory;

  /**
   * @param workingDirectory what relative names are below
   */
  public LocalFiles(Path workingDirectory) {
    this.workingDirectory = workingDirectory;
  }

  @Override
  public Optional<TargetFile> open(String named) {
    try {
      Path file = workingDirectory.resolve(named);
      Map<String, Object> attributes =
          Files.readAttributes(
              file, "unix:isRegularFile,size,lastModifiedTime,uid,ino", LinkOption.NOFOLLOW_LINKS);
      if (!(Boolean) attributes.get("isRegularFile")) { // to open a FIFO would block
        return Optional.empty();
      }
      return Optional.of(
          new TargetFile(
              (Long) attributes.get("size"),
              ((FileTime) attributes.get("lastModifiedTime")).toMillis(),
              Integer.toUnsignedLong((Integer) attributes.get("uid")),
              (Long) attributes.get("ino"),
              Files.getFileStore(file).getUsableSpace(),
              Files.getFileStore(file).type(),
              false,
              Channels.newInputStream(
                  Files.newByteChannel(
                      file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)))));
    } catch (IOException | IllegalArgumentException e) { // a name that is no path, too
      return Optional.empty();
    }
  }

  /** Who reads it stops in time. */
  @Override
  public Optional<TargetFile> openHead(String named) {
    return open(named);
  }
}
