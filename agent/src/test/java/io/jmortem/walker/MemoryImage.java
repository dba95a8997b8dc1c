// SPDX-License-Identifier: Apache-2.0
package io.jmortem.walker;

import io.jmortem.hotspot.FrozenProcess;
import io.jmortem.hotspot.MemorySource;
import io.jmortem.hotspot.StackWalk;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The pages of a stopped JVM that a walk has read, and what the helper would have told the walker.
 * In a file: that text, then each page's number and content, all compressed.
 *
 * <p>To record one of a JDK that the integration tests fetch: {@code
 * integration-tests/src/test/jdks/record}. For another process: stop it by SIGSTOP, then {@link
 * #main}.
 */
record MemoryImage(String input, Map<Long, byte[]> pages) implements MemorySource {

  static final int PAGE = 4096;
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  static MemoryImage read(InputStream file) throws IOException {
    Map<Long, byte[]> pages = new TreeMap<>();
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(new GZIPInputStream(file)))) {
      byte[] text = in.readNBytes(in.readInt());
      try {
        while (true) {
          long number = in.readLong();
          pages.put(number, in.readNBytes(PAGE));
        }
      } catch (EOFException e) {
        return new MemoryImage(new String(text, StandardCharsets.UTF_8), pages);
      }
    }
  }

  private void write(Path file) throws IOException {
    try (DataOutputStream out =
        new DataOutputStream(
            new BufferedOutputStream(new GZIPOutputStream(Files.newOutputStream(file))))) {
      byte[] text = input.getBytes(StandardCharsets.UTF_8);
      out.writeInt(text.length);
      out.write(text);
      for (Map.Entry<Long, byte[]> page : pages.entrySet()) {
        out.writeLong(page.getKey());
        out.write(page.getValue());
      }
    }
  }

  FrozenProcess process() {
    return process(this);
  }

  FrozenProcess process(MemorySource memory) {
    WalkInput told = WalkInput.parse(input);
    return new FrozenProcess(
        memory,
        told.map(),
        told.threads(),
        told.crashedId(),
        told.fault(),
        told.saved(),
        told.status());
  }

  @Override
  public int read(long address, ByteBuffer into) {
    byte[] page = pages.get(address / PAGE);
    int at = (int) (address % PAGE);
    if (page == null || at >= page.length) {
      return 0;
    }
    int count = Math.min(into.remaining(), page.length - at);
    into.put(page, at, count);
    return count;
  }

  /**
   * Records, and prints what the recorded image shows.
   *
   * @param arguments the process, a file with the output of the tests' {@code registers} for it,
   *     and where the image goes
   */
  public static void main(String[] arguments) throws IOException {
    String threads =
        Files.readString(Path.of(arguments[1]))
            .lines()
            .map(line -> "thread " + line + "\n")
            .collect(Collectors.joining());
    String map =
        Files.readString(Path.of("/proc/" + arguments[0] + "/maps"))
            .lines()
            .filter(line -> line.contains("/libjvm.so"))
            .collect(Collectors.joining("\n"));
    Map<Long, byte[]> pages = new TreeMap<>();
    MemoryImage image = new MemoryImage("crashed 0 -\n" + threads + "maps\n" + map, pages);
    try (FileChannel memory = FileChannel.open(Path.of("/proc/" + arguments[0] + "/mem"))) {
      StackWalk.walk(
          image.process(
              (address, into) -> {
                int start = into.position();
                int count = memory.read(into, address);
                if (count == PAGE) {
                  byte[] page = new byte[PAGE];
                  into.get(start, page);
                  pages.put(address / PAGE, page);
                }
                return count;
              }),
          System.nanoTime() + PATIENCE_NANOS);
    }
    image.write(Path.of(arguments[2]));
    new PrintStream(System.out, true, StandardCharsets.UTF_8)
        .print(
            ReplayTest.text(StackWalk.walk(image.process(), System.nanoTime() + PATIENCE_NANOS)));
  }
}
