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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Files looked up in our own root directory; used when a report is made again. */
public final class LocalFiles implements ProcessFiles {

  private final Path workingDirectory;

  /**
   * @param workingDirectory the directory for relative names
   */
  public LocalFiles(Path workingDirectory) {
    this.workingDirectory = workingDirectory;
  }

  private static <T> T attribute(Map<String, Object> attributes, String name, Class<T> type) {
    return type.cast(Objects.requireNonNull(attributes.get(name), name));
  }

  @Override
  public Optional<TargetFile> open(String named) {
    try {
      Path file = workingDirectory.resolve(named);
      Map<String, Object> attributes =
          Files.readAttributes(
              file, "unix:isRegularFile,size,lastModifiedTime,uid,ino", LinkOption.NOFOLLOW_LINKS);
      if (!attribute(attributes, "isRegularFile", Boolean.class)) { // opening a FIFO would block
        return Optional.empty();
      }
      return Optional.of(
          new TargetFile(
              attribute(attributes, "size", Long.class),
              attribute(attributes, "lastModifiedTime", FileTime.class).toMillis(),
              Integer.toUnsignedLong(attribute(attributes, "uid", Integer.class)),
              attribute(attributes, "ino", Long.class),
              Files.getFileStore(file).getUsableSpace(),
              Files.getFileStore(file).type(),
              false,
              Channels.newInputStream(
                  Files.newByteChannel(
                      file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)))));
    } catch (IOException | IllegalArgumentException e) { // also a name that is not a valid path
      return Optional.empty();
    }
  }

  /** The reader limits how much it reads. */
  @Override
  public Optional<TargetFile> openHead(String named) {
    return open(named);
  }
}
