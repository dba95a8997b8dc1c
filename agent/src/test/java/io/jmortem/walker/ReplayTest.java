// SPDX-License-Identifier: Apache-2.0
package io.jmortem.walker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.hotspot.Frame;
import io.jmortem.hotspot.FrozenProcess;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hotspot.StackDump.ThreadDump;
import io.jmortem.hotspot.StackWalk;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Walks through recorded memory: whole, and broken. */
class ReplayTest {

  /** So many broken images; more by -Djmortem.fuzz.cases. */
  private static final int CASES = Integer.getInteger("jmortem.fuzz.cases", 500);

  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private static MemoryImage image(String name) throws IOException {
    try (InputStream file = ReplayTest.class.getResourceAsStream(name + ".image.gz")) {
      return MemoryImage.read(file);
    }
  }

  /** All that lie there. */
  static Stream<String> images() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/io/jmortem/walker"))) {
      List<String> names =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".image.gz"))
              .map(name -> name.replace(".image.gz", ""))
              .sorted()
              .toList();
      return names.stream();
    }
  }

  private static StackDump walk(FrozenProcess process) {
    return StackWalk.walk(process, System.nanoTime() + PATIENCE_NANOS);
  }

  /** The whole dump as text, against what it was when {@code jhsdb jstack} agreed. */
  @ParameterizedTest
  @MethodSource("images")
  void golden(String name) throws IOException {
    String found = text(walk(image(name).process()));
    try (InputStream expected = ReplayTest.class.getResourceAsStream(name + ".txt")) {
      assertEquals(new String(expected.readAllBytes(), StandardCharsets.UTF_8), found);
    }
  }

  static String text(StackDump dump) {
    StringBuilder text = new StringBuilder();
    for (ThreadDump thread : dump.threads()) {
      text.append('"').append(thread.name()).append("\" #").append(thread.id());
      text.append(' ').append(thread.state()).append(' ').append(thread.vmState());
      text.append(thread.virtual() ? " virtual" : "").append('\n');
      for (Frame frame : thread.frames()) {
        text.append("  ").append(frame.kind()).append(' ').append(frame.className());
        text.append('.').append(frame.method()).append(frame.descriptor());
        text.append(' ').append(frame.file()).append(':').append(frame.line());
        text.append(" @").append(frame.bci()).append(' ').append(frame.trust()).append('\n');
      }
      thread.holds().forEach(lock -> text.append("  holds ").append(lock).append('\n'));
      if (thread.waitsFor() != null) {
        text.append("  waits for ").append(thread.waitsFor()).append('\n');
      }
      thread.softErrors().forEach(error -> text.append("  ").append(error).append('\n'));
    }
    dump.deadlocks().forEach(deadlock -> text.append(deadlock).append('\n'));
    dump.softErrors().forEach(error -> text.append(error).append('\n'));
    return text.toString();
  }

  /** Each case is known by its number. */
  @ParameterizedTest
  @MethodSource("images")
  void brokenMemory(String name) throws IOException {
    MemoryImage whole = image(name);
    List<Long> numbers = new ArrayList<>(whole.pages().keySet());
    int withThreads = 0;
    for (int seed = 0; seed < CASES / 2; seed++) {
      StackDump dump = walk(broken(whole, numbers, new Random(seed)).process());
      long frames = dump.threads().stream().mapToLong(thread -> thread.frames().size()).sum();
      int number = seed;
      assertTrue(frames < 300_000, () -> name + " case " + number + ": " + frames + " frames");
      assertTrue(
          dump.softErrors().stream().noneMatch(error -> error.contains("deadline")),
          () -> name + " case " + number + ": " + dump.softErrors());
      withThreads += dump.threads().isEmpty() ? 0 : 1;
    }
    assertTrue(withThreads > CASES / 4, "most are to get further than the tables: " + withThreads);
  }

  private static MemoryImage broken(MemoryImage whole, List<Long> numbers, Random random) {
    Map<Long, byte[]> pages = new TreeMap<>(whole.pages());
    int mutations = 1 << random.nextInt(6);
    for (int i = 0; i < mutations; i++) {
      // the last ones are libjvm's tables and the stacks: half of all mutations go elsewhere
      int range = random.nextBoolean() ? numbers.size() : numbers.size() / 2;
      long number = numbers.get(random.nextInt(range));
      pages.put(number, broken(pages.get(number), numbers, random));
    }
    // a SIGSEGV of a thread that nobody saw, for which all stacks are searched too
    return new MemoryImage("status 11\n" + whole.input(), pages);
  }

  private static byte[] broken(byte[] page, List<Long> numbers, Random random) {
    byte[] copy = page.clone();
    if (copy.length == 0) {
      return copy;
    }
    int at = random.nextInt(copy.length);
    switch (random.nextInt(5)) {
      case 0 -> copy[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> copy[at] = (byte) random.nextInt(256);
      case 2 -> Arrays.fill(copy, at, Math.min(copy.length, at + 8), (byte) random.nextInt(2));
      case 3 -> {
        // a pointer, as good as any other
        long address =
            numbers.get(random.nextInt(numbers.size())) * MemoryImage.PAGE
                + 8L * random.nextInt(MemoryImage.PAGE / 8);
        for (int i = 0; i < 8 && (at & ~7) + i < copy.length; i++) {
          copy[(at & ~7) + i] = (byte) (address >>> (8 * i));
        }
      }
      default -> copy = Arrays.copyOf(copy, at);
    }
    return copy;
  }

  @Test
  void nothingThere() {
    StackDump dump =
        walk(new MemoryImage("thread 1 0 0 0 0 main\nmaps\n", new TreeMap<>()).process());

    assertEquals(List.of(), dump.threads());
    assertEquals(1, dump.softErrors().size());
  }

  @Test
  void deadlineInThePast() throws IOException {
    StackDump dump = StackWalk.walk(image("jdk17").process(), System.nanoTime() - 1);

    assertTrue(dump.softErrors().get(0).contains("deadline"), dump.softErrors()::toString);
  }

  @Test
  void input() {
    WalkInput input =
        WalkInput.parse(
            """
            crashed 12 7f 8f 9f af
            status 139
            thread 12 1 2 3 4 a name
            thread 13 -\s
            nonsense
            maps
            7f0000000000-7f0000001000 r-xp 00000000 fd:01 42   /lib/with space.so
            """);

    assertEquals(12, input.crashedId());
    assertEquals(0x8f, input.fault().rsp());
    assertEquals(139, input.status());
    assertEquals(2, input.threads().size());
    assertEquals("a name", input.threads().get(0).name());
    assertEquals("/lib/with space.so", input.map().mappings().get(0).path());
  }
}
