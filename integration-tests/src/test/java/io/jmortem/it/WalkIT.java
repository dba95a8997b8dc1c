// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.hotspot.Frame;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hotspot.StackDump.ThreadDump;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The walk of a stopped process's stacks, compared with {@code jhsdb jstack}: every thread, frame
 * by frame.
 */
class WalkIT {

  private static final List<String> OPTIONS =
      List.of(
          "-XX:+UseG1GC",
          "-XX:+UseSerialGC",
          "-XX:+UseParallelGC -Xint",
          "-XX:+UseG1GC -XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC -Xcomp -XX:CompileOnly=io/jmortem/it/victim/Stacks.*",
          "-XX:+UseParallelGC -XX:-UseCompressedOops",
          "-XX:+UseSerialGC -XX:-UseCompressedClassPointers",
          "-XX:+UseG1GC -Xshare:off -XX:-TieredCompilation",
          "-XX:+UseShenandoahGC");

  @BeforeEach
  void needsRoot() {
    Tests.assumeRoot();
  }

  static Stream<Arguments> options() {
    return Jdk.walkable()
        .flatMap(
            jdk ->
                Stream.concat(
                        OPTIONS.stream(),
                        jdk.feature() >= 25
                            ? Stream.of("-XX:+UseCompactObjectHeaders")
                            : Stream.empty())
                    .map(options -> Arguments.of(jdk, options)));
  }

  @ParameterizedTest
  @MethodSource("options")
  void showsWhatTheOracleShows(Jdk jdk, String options) throws Exception {
    List<String> kinds = new ArrayList<>(List.of("still", "busy"));
    if (jdk.feature() >= 21) {
      kinds.add("virtual");
    }
    try (StoppedVictim victim =
        new StoppedVictim(jdk, List.of(options.split(" ")), kinds.toArray(String[]::new))) {
      StackDump dump = victim.walk();
      String said = Jhsdb.run(jdk, victim.pid());
      List<String> differences = compare(said, dump);
      assertEquals(List.of(), dump.softErrors());
      assertEquals("", String.join("\n", differences));
    }
  }

  private static List<String> compare(String said, StackDump dump) {
    List<Jhsdb.OracleThread> oracle = Jhsdb.parse(said);
    Map<Integer, List<ThreadDump>> byNativeId =
        dump.threads().stream()
            .filter(thread -> thread.nativeId() != null)
            .collect(
                Collectors.groupingBy(ThreadDump::nativeId, TreeMap::new, Collectors.toList()));
    List<String> differences = new ArrayList<>();
    assertTrue(oracle.size() > 10, () -> "the oracle is silent: " + said);
    for (Jhsdb.OracleThread expected : oracle) {
      List<ThreadDump> found = byNativeId.getOrDefault(expected.nativeId(), List.of());
      if (found.isEmpty()) {
        differences.add(expected.name() + ": not found");
      } else {
        compare(expected, found, differences);
      }
    }
    return differences;
  }

  /** A carrier's and its virtual thread's frames are one stack to the oracle. */
  private static void compare(
      Jhsdb.OracleThread expected, List<ThreadDump> found, List<String> differences) {
    ThreadDump thread = found.get(0);
    String who = "\"" + expected.name() + "\" ";
    if (!expected.name().equals(thread.name())
        || !Objects.equals(expected.id(), thread.id())
        || !Objects.equals(expected.state(), thread.state())
        || !expected.vmState().equalsIgnoreCase(thread.vmState())) {
      differences.add(who + "is " + expected + ", not " + thread);
    }
    List<Frame> frames = new ArrayList<>();
    for (int i = found.size() - 1; i >= 0; i--) {
      frames.addAll(found.get(i).frames());
      if (!found.get(i).softErrors().isEmpty()) {
        differences.add(who + found.get(i).softErrors());
      }
    }
    List<String> ours =
        frames.stream().filter(frame -> frame.className() != null).map(WalkIT::text).toList();
    if (!ours.equals(expected.frames()) && !isOraclesFault(expected, ours, found.size() > 1)) {
      differences.add(
          who
              + expected.vmState()
              + " has\n    "
              + String.join("\n    ", expected.frames())
              + "\n  but not\n    "
              + String.join("\n    ", ours));
    }
    List<Long> locked = frames.stream().flatMap(frame -> frame.locked().stream()).toList();
    boolean entering = thread.waitsFor() != null && thread.waitsFor().how().equals("monitor");
    if (ours.equals(expected.frames())
        && !entering
        && !sorted(locked).equals(sorted(expected.locked()))) {
      differences.add(who + "has locked " + expected.locked() + ", not " + locked + ours);
    }
  }

  private static List<Long> sorted(List<Long> all) {
    return all.stream().sorted().toList();
  }

  /**
   * Of threads that run jhsdb often loses all frames, or the newest one's callers, and of a mounted
   * virtual thread those that are still in the heap; never has it frames that are not there.
   */
  private static boolean isOraclesFault(
      Jhsdb.OracleThread expected, List<String> ours, boolean isMounted) {
    boolean runs =
        expected.vmState().equals("_thread_in_java") || expected.vmState().endsWith("_trans");
    if (ours.isEmpty() || !(runs || isMounted)) {
      return false;
    }
    int at = 0;
    for (String frame : ours) {
      if (at < expected.frames().size() && frame.equals(expected.frames().get(at))) {
        at++;
      }
    }
    String oldest = ours.get(ours.size() - 1);
    return at == expected.frames().size()
        && (oldest.startsWith("java.lang.Thread.run(")
            || oldest.startsWith("java.util.concurrent.ForkJoinWorkerThread.run("));
  }

  private static String text(Frame frame) {
    return frame.className()
        + "."
        + frame.method()
        + "("
        + types(frame.descriptor())
        + ")@"
        + frame.bci()
        + (frame.line() > 0 ? ":" + frame.line() : "");
  }

  /** A descriptor's parameters as source code has them. */
  private static String types(String descriptor) {
    try {
      return java.lang.constant.MethodTypeDesc.ofDescriptor(descriptor).parameterList().stream()
          .map(WalkIT::type)
          .collect(Collectors.joining(", "));
    } catch (IllegalArgumentException e) {
      return descriptor;
    }
  }

  private static String type(java.lang.constant.ClassDesc type) {
    if (type.isArray()) {
      return type(type.componentType()) + "[]";
    }
    return type.packageName().isEmpty()
        ? type.displayName()
        : type.packageName() + "." + type.displayName();
  }
}
