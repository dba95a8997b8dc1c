// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * How long a JVM with many threads is kept waiting by the walker, from the start of its process to
 * its word that it has read the memory, beside {@code jhsdb jstack} on the same stopped process, in
 * turn. Run by {@code mvn verify -Pbenchmark}; no test: it prints, and never fails.
 */
final class WalkBenchmark {

  private static final int ROUNDS = 7;

  private WalkBenchmark() {}

  /** Measures 64 threads, then 1,000 with 50 frames each. */
  public static void main(String[] arguments) throws Exception {
    for (Jdk jdk : Jdk.all().filter(each -> each.home() != null).toList()) {
      for (int threads : new int[] {64, 1000}) {
        measure(jdk, threads);
      }
    }
  }

  private static void measure(Jdk jdk, int threads) throws Exception {
    double[] walker = new double[ROUNDS];
    double[] jhsdb = new double[ROUNDS];
    try (StoppedVictim victim =
        new StoppedVictim(jdk, List.of("-Dstacks.many=" + threads), "many").stop()) {
      Path input = victim.walkInput();
      for (int i = 0; i < ROUNDS; i++) {
        walker[i] = walk(jdk, victim.pid(), input);
        long start = System.nanoTime();
        Jhsdb.run(jdk, victim.pid());
        jhsdb[i] = (System.nanoTime() - start) / 1e6;
      }
    }
    Arrays.sort(walker);
    Arrays.sort(jhsdb);
    System.err.printf(
        Locale.ROOT,
        "%s, %d threads: walker %.0f ms (%.0f to %.0f), jhsdb jstack %.0f ms (%.0f to %.0f),"
            + " ratio %.3f%n",
        jdk,
        threads,
        walker[ROUNDS / 2],
        walker[0],
        walker[ROUNDS - 1],
        jhsdb[ROUNDS / 2],
        jhsdb[0],
        jhsdb[ROUNDS - 1],
        walker[ROUNDS / 2] / jhsdb[ROUNDS / 2]);
  }

  /** As the helper starts it. */
  private static double walk(Jdk jdk, long pid, Path input) {
    try {
      long start = System.nanoTime();
      Process process =
          new ProcessBuilder(
                  "/bin/sh",
                  "-c",
                  "exec 3<\"$1\"; shift; exec \"$@\"",
                  "sh",
                  input.toString(),
                  jdk.java().toString(),
                  "-Xmx96m",
                  "-Xms8m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-XX:-UsePerfData",
                  "-Xshare:auto",
                  "-cp",
                  Tests.jar().toString(),
                  "io.jmortem.walker.Main",
                  Long.toString(start + TimeUnit.SECONDS.toNanos(30)))
              .redirectInput(new File("/proc/" + pid + "/mem"))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      if (process.getInputStream().read() != 0x1e) {
        throw new IllegalStateException("the walk failed");
      }
      double millis = (System.nanoTime() - start) / 1e6;
      process.getInputStream().readAllBytes();
      process.waitFor();
      return millis;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
