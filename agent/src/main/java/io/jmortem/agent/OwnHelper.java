// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.locks.LockSupport;

/**
 * A helper that watches this JVM alone. It takes the snapshots from their private directory, and
 * the agent does not notice its end.
 */
final class OwnHelper implements Watcher {

  private static final int MAX_SNAPSHOT = 16 << 20;

  private final Path file;
  private final Path unfinished;

  OwnHelper(Path directory) {
    this.file = directory.resolve("snapshot");
    this.unfinished = directory.resolve("snapshot.new");
  }

  @Override
  public boolean stays(long millis, ArmingRequest request) {
    pause(millis, request);
    return !request.isMade();
  }

  /** Waits the full time, even if the application interrupts this thread, or until a request. */
  static void pause(long millis, ArmingRequest request) {
    long end = System.nanoTime() + millis * 1_000_000;
    for (long rest = end - System.nanoTime();
        rest > 0 && !request.isMade();
        rest = end - System.nanoTime()) {
      LockSupport.parkNanos(rest);
      Thread.interrupted(); // or it would not park again
    }
  }

  @Override
  public boolean isThere() {
    return true;
  }

  @Override
  public long mostSnapshot() {
    return MAX_SNAPSHOT;
  }

  @Override
  public OutputStream beginSnapshot() throws IOException {
    Files.deleteIfExists(unfinished);
    Files.createFile(
        unfinished,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.newOutputStream(unfinished);
  }

  @Override
  public void endSnapshot() throws IOException {
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
