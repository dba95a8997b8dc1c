// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A memory cgroup with a limit, of either version; gone when it is closed. */
final class LimitedMemory implements AutoCloseable {

  private static final Path V1 = Path.of("/sys/fs/cgroup/memory");
  private static final Path V2 = Path.of("/sys/fs/cgroup");

  private final Path directory;

  LimitedMemory(long mebibytes) {
    boolean isV1 = Files.exists(V1.resolve("memory.limit_in_bytes"));
    Path root = isV1 ? V1 : V2;
    directory = root.resolve("jmortem-it-" + ProcessHandle.current().pid());
    try {
      Files.createDirectory(directory);
      Path limit = directory.resolve(isV1 ? "memory.limit_in_bytes" : "memory.max");
      if (!Files.exists(limit)) {
        close();
      }
      Assumptions.assumeTrue(Files.exists(limit), "skipped: no memory controller");
      Files.writeString(limit, Long.toString(mebibytes << 20));
    } catch (IOException e) {
      Assumptions.abort("skipped: no cgroup can be made: " + e);
    }
  }

  /** The words that start a command within it. */
  String[] command() {
    return new String[] {
      "/bin/sh", "-c", "echo $$ > " + directory + "/cgroup.procs && exec \"$@\"", "sh"
    };
  }

  /** A helper stays for as long as it takes to unload BPF, which is after its last word. */
  @Override
  public void close() {
    long hangs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (Files.exists(directory)) {
      try {
        Files.delete(directory);
      } catch (IOException e) {
        if (System.nanoTime() > hangs) {
          throw new UncheckedIOException(e);
        }
        Thread.onSpinWait();
      }
    }
  }
}
