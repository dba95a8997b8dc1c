// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A memory cgroup (v1 or v2) with a limit; closing removes it. */
final class LimitedMemory implements AutoCloseable {

  private static final Path V1 = Path.of("/sys/fs/cgroup/memory");
  private static final Path V2 = Path.of("/sys/fs/cgroup");

  private final Path directory;
  private final boolean isV1 = Files.exists(V1.resolve("memory.limit_in_bytes"));

  LimitedMemory(long mebibytes) {
    Path root = isV1 ? V1 : V2;
    directory = root.resolve("jmortem-it-" + ProcessHandle.current().pid());
    try {
      Files.createDirectory(directory);
      Path limit = limit();
      if (!Files.exists(limit)) {
        close();
      }
      Assumptions.assumeTrue(Files.exists(limit), "skipped: no memory controller");
      Files.writeString(limit, Long.toString(mebibytes << 20));
    } catch (IOException e) {
      Assumptions.abort("skipped: no cgroup can be made: " + e);
    }
  }

  private Path limit() {
    return directory.resolve(isV1 ? "memory.limit_in_bytes" : "memory.max");
  }

  /** Sets the limit so that only this much is left, not counting reclaimable page cache. */
  void leave(long mebibytes) {
    long used =
        number(directory.resolve(isV1 ? "memory.usage_in_bytes" : "memory.current"), "")
            - statistic("inactive_file")
            - statistic("active_file");
    long most = used + (mebibytes << 20);
    for (long bytes = most; ; bytes += 1 << 18) {
      try {
        Files.writeString(limit(), Long.toString(bytes));
        return;
      } catch (IOException e) {
        if (bytes > 2 * most) {
          throw new UncheckedIOException(e);
        }
        // not all of the cache is reclaimable
      }
    }
  }

  /** The number of OOM kills here. */
  long oomKills() {
    return number(directory.resolve(isV1 ? "memory.oom_control" : "memory.events"), "oom_kill ");
  }

  private long statistic(String name) {
    return number(directory.resolve("memory.stat"), name + " ");
  }

  private static long number(Path file, String prefix) {
    return Tests.read(file)
        .lines()
        .filter(line -> line.startsWith(prefix))
        .map(line -> Long.parseLong(line.substring(prefix.length()).strip()))
        .findFirst()
        .orElseThrow();
  }

  /** The command prefix for a command that can't leave the cgroup. */
  String[] commandWithoutWayOut() {
    Path root = isV1 ? V1 : V2;
    return new String[] {
      "unshare",
      "--mount",
      "/bin/sh",
      "-c",
      "echo $$ > "
          + directory
          + "/cgroup.procs && mount --bind "
          + root
          + " "
          + root
          + " && mount -o remount,bind,ro "
          + root
          + " && exec \"$@\"",
      "sh"
    };
  }

  /** The command prefix for a command in the cgroup. */
  String[] command() {
    return new String[] {
      "/bin/sh", "-c", "echo $$ > " + directory + "/cgroup.procs && exec \"$@\"", "sh"
    };
  }

  /** A helper stays in the cgroup until it has unloaded BPF, after its last message. */
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
