// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Hands the stacks of all threads to the watcher at an interval. The report uses them if the memory
 * of the dead JVM could not be read. Snapshots take at most a thousandth of the time: the pause is
 * at least a thousand times as long as the last snapshot took.
 *
 * <p>A snapshot is text, with fields separated by tabs and with backslash escapes: {@code
 * jmortem-snapshot 1 <epoch millis> <nanoseconds taken>}; for each thread {@code thread <id>
 * <state> <daemon> <name>}, then a line {@code at <class> <method> <file or nothing> <line>} for
 * each frame, newest first; {@code end}. {@code io.jmortem.snapshot} reads it.
 */
final class RollingSnapshot {

  private static final int FACTOR = 1000;
  private static final int MAX_FRAMES = 200;
  private static final long SOON_MILLIS = 5000;

  /** Heap that the stack of a thread deep in a framework takes. */
  private static final long BYTES_PER_THREAD = 32 * 1024;

  private static final String END = "end\n";

  private final long intervalMillis;

  RollingSnapshot(long intervalMillis) {
    this.intervalMillis = intervalMillis;
  }

  /**
   * Returns when other options are requested, or nobody watches any more. Also returns when a
   * snapshot fails, after it has written a line about that. Never throws.
   */
  void run(Watcher watcher, ArmingRequest request) {
    long pauseMillis = Math.min(intervalMillis, SOON_MILLIS);
    try {
      while (watcher.stays(pauseMillis, request)) {
        long start = System.nanoTime();
        take(watcher, start);
        long tookMillis = (System.nanoTime() - start) / 1_000_000 + 1;
        pauseMillis = Math.max(intervalMillis, tookMillis * FACTOR);
      }
    } catch (Throwable e) { // also OutOfMemoryError: the application has used up its heap
      if (watcher.isThere()) {
        Stderr.line("rolling snapshots stopped: " + e);
      }
    }
  }

  /** Writes thread by thread through a small buffer, to use little of the application's heap. */
  static void take(Watcher watcher, long startNanos) throws IOException {
    Runtime runtime = Runtime.getRuntime();
    long free = runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    if (Thread.activeCount() * BYTES_PER_THREAD > free / 4) {
      return; // keep the previous snapshot
    }
    Map<Thread, StackTraceElement[]> stacks = Thread.getAllStackTraces();
    try (OutputStream out = new BufferedOutputStream(watcher.beginSnapshot())) {
      StringBuilder text = new StringBuilder(4096);
      text.append("jmortem-snapshot\t1\t").append(System.currentTimeMillis());
      text.append('\t').append(System.nanoTime() - startNanos).append('\n');
      long left = write(out, text, watcher.mostSnapshot() - END.length());
      for (Map.Entry<Thread, StackTraceElement[]> each : stacks.entrySet()) {
        append(text, each.getKey(), each.getValue());
        left = write(out, text, left);
        if (left < 0) {
          break; // without "end", so the reader knows that it was cut off
        }
      }
      if (left >= 0) {
        write(out, text.append(END), left + END.length());
      }
    }
    watcher.endSnapshot();
  }

  /** Returns how many bytes may still follow; negative if there was no room for the text. */
  private static long write(OutputStream out, StringBuilder text, long left) throws IOException {
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    text.setLength(0);
    if (bytes.length <= left) {
      out.write(bytes);
    }
    return left - bytes.length;
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
