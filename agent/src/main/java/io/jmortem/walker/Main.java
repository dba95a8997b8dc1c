// SPDX-License-Identifier: Apache-2.0
package io.jmortem.walker;

import io.jmortem.hotspot.FrozenProcess;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hotspot.StackWalk;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The walker. Its standard input is the memory of the process, and descriptor 3 is what the helper
 * knows. It writes 0x1e to standard output as soon as it no longer needs the memory, then the dump
 * as JSON on one line.
 */
public final class Main {

  /** The record separator of ASCII, which a VM never prints. */
  private static final int MEMORY_WAS_READ = 0x1e;

  private static final Path INPUT = Path.of("/proc/self/fd/3");

  private Main() {}

  /** Takes the deadline: nanoseconds of CLOCK_MONOTONIC, which is what nanoTime is on Linux. */
  public static void main(String[] arguments) throws IOException {
    try {
      walk(Long.parseLong(arguments[0]));
    } catch (Throwable e) { // for instance no memory for the dump; the helper passes the message on
      new FileOutputStream(FileDescriptor.out).write(e.toString().getBytes(StandardCharsets.UTF_8));
      System.exit(1);
    }
  }

  @SuppressWarnings("resource") // descriptors that the process inherited
  private static void walk(long deadline) throws IOException {
    FileChannel memory = new FileInputStream(FileDescriptor.in).getChannel();
    WalkInput input =
        WalkInput.parse(new String(Files.readAllBytes(INPUT), StandardCharsets.UTF_8));
    StackDump dump =
        StackWalk.walk(
            new FrozenProcess(
                // no lambda: the first one costs a cold JVM as much time as walking 40 threads
                new ChannelMemory(memory),
                input.map(),
                input.threads(),
                input.crashedId(),
                input.fault(),
                input.saved(),
                input.status()),
            deadline);
    OutputStream output = new FileOutputStream(FileDescriptor.out);
    output.write(MEMORY_WAS_READ);
    output.flush();
    DumpJson.write(dump, output);
    output.flush();
  }
}
