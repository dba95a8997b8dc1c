// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes the stacks of all threads to a file at an interval. The report uses them if the memory of
 * the dead JVM could not be read. Snapshots take at most a thousandth of the time: the pause is at
 * least a thousand times as long as the last snapshot took.
 *
 * <p>The file is text, with fields separated by tabs and with backslash escapes: {@code
 * jmortem-snapshot 1 <epoch millis> <nanoseconds taken>}; for each thread {@code thread <id>
 * <state> <daemon> <name>}, then a line {@code at <class> <method> <file or nothing> <line>} for
 * each frame, newest first; {@code end}. {@code io.jmortem.snapshot} reads it.
 */
final class RollingSnapshot {

  private static final int FACTOR = 1000;
  private static final int MAX_FRAMES = 200;
  private static final long SOON_MILLIS = 5000;

  /** The helper and the reporter accept at most this. */
  private static final long MAX_CHARS = 16L << 20;

  /** Heap that the stack of a thread deep in a framework takes. */
  private static final long BYTES_PER_THREAD = 32 * 1024;

  private final Path file;
  private final Path unfinished;
  private final long intervalMillis;

  RollingSnapshot(Path directory, long intervalMillis) {
    this.file = directory.resolve("snapshot");
    this.unfinished = directory.resolve("snapshot.new");
    this.intervalMillis = intervalMillis;
  }

  /**
   * Returns when other options are requested. Also returns when a snapshot fails, after it has
   * written a line about that. Never throws.
   */
  void run(ArmingRequest request) {
    long pauseMillis = Math.min(intervalMillis, SOON_MILLIS);
    try {
      while (pause(pauseMillis, request)) {
        long start = System.nanoTime();
        take(start);
        long tookMillis = (System.nanoTime() - start) / 1_000_000 + 1;
        pauseMillis = Math.max(intervalMillis, tookMillis * FACTOR);
      }
    } catch (Throwable e) { // also OutOfMemoryError: the application has used up its heap
      Stderr.line("rolling snapshots stopped: " + e);
    }
  }

  /**
   * Waits the full time, even if the application interrupts this thread. Returns false as soon as a
   * request is made.
   */
  private static boolean pause(long millis, ArmingRequest request) {
    long end = System.nanoTime() + millis * 1_000_000;
    for (long rest = end - System.nanoTime(); rest > 0; rest = end - System.nanoTime()) {
      if (request.isMade()) {
        return false;
      }
      LockSupport.parkNanos(rest);
      Thread.interrupted();
    }
    return !request.isMade();
  }

  /** Writes thread by thread through a small buffer, to use little of the application's heap. */
  void take(long startNanos) throws IOException {
    Runtime runtime = Runtime.getRuntime();
    long free = runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    if (Thread.activeCount() * BYTES_PER_THREAD > free / 4) {
      return; // keep the previous snapshot
    }
    Map<Thread, StackTraceElement[]> stacks = Thread.getAllStackTraces();
    Files.deleteIfExists(unfinished);
    Files.createFile(
        unfinished,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (Writer writer = Files.newBufferedWriter(unfinished, StandardCharsets.UTF_8)) {
      StringBuilder text = new StringBuilder(4096);
      text.append("jmortem-snapshot\t1\t").append(System.currentTimeMillis());
      text.append('\t').append(System.nanoTime() - startNanos).append('\n');
      long written = 0;
      for (Map.Entry<Thread, StackTraceElement[]> each : stacks.entrySet()) {
        append(text, each.getKey(), each.getValue());
        written += text.length();
        if (written > MAX_CHARS) {
          break; // without "end", so the reader knows that it was cut off
        }
        writer.append(text);
        text.setLength(0);
      }
      writer.append(written > MAX_CHARS ? "" : text.append("end\n"));
    }
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void append(StringBuilder text, Thread thread, StackTraceElement[] frames) {
    if (frames.length == 0 && !thread.isAlive()) {
      return;
    }
    text.append("thread\t").append(thread.getId()).append('\t').append(thread.getState());
    text.append('\t').append(thread.isDaemon() ? '1' : '0').append('\t');
    escape(text, thread.getName());
    text.append('\n');
    for (int i = 0; i < frames.length && i < MAX_FRAMES; i++) {
      StackTraceElement frame = frames[i];
      text.append("at\t");
      escape(text, frame.getClassName());
      text.append('\t');
      escape(text, frame.getMethodName());
      text.append('\t');
      escape(text, frame.getFileName() == null ? "" : frame.getFileName());
      text.append('\t').append(frame.getLineNumber()).append('\n');
    }
  }

  private static void escape(StringBuilder to, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\\' -> to.append("\\\\");
        case '\t' -> to.append("\\t");
        case '\n' -> to.append("\\n");
        case '\r' -> to.append("\\r");
        default -> to.append(c);
      }
    }
  }
}
