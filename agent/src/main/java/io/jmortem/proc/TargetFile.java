// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/**
 * An open regular file of another process.
 *
 * @param size in bytes, when it was opened
 * @param modifiedMillis the time of its last change, since 1970
 * @param user the uid of its owner
 * @param inode its number in its file system
 * @param free bytes that are free in its file system for the process's user
 * @param fileSystem the type of the file system: a name, or the kernel's number
 * @param isTruncated whether {@code content} ends before the file does
 * @param content its content
 */
public record TargetFile(
    long size,
    long modifiedMillis,
    long user,
    long inode,
    long free,
    String fileSystem,
    boolean isTruncated,
    InputStream content)
    implements Closeable {

  @Override
  public void close() throws IOException {
    content.close();
  }
}
