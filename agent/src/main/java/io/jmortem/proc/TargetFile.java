// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/**
 * A regular file of another process, open.
 *
 * @param size in bytes, when it was opened
 * @param modifiedMillis when it was written last, since 1970
 * @param user the number of its owner
 * @param inode its number within its file system
 * @param free bytes that its file system has left for the process's user
 * @param fileSystem the kind of that: a name, or the kernel's number for it
 * @param isTruncated whether {@code content} ends before the file does
 * @param content what is in it
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
