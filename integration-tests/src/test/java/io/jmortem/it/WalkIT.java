// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.hotspot.Frame;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hotspot.StackDump.ThreadDump;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the walk of a stopped process with {@code jhsdb jstack}: every thread, frame by frame.
 */
class WalkIT {

  private static final int MAX_STOPS = 100;

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
          // under pressure it mostly collects garbage
          "-XX:+UseShenandoahGC -Dstacks.allocate=false");

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
      StackDump dump = stoppedBetweenCollections(victim);
      String said = Jhsdb.run(jdk, victim.pid());
      List<String> differences = compare(said, dump);
      assertEquals(List.of(), dump.softErrors());
      assertEquals("", String.join("\n", differences));
    }
  }

  static Stream<Arguments> collectors() {
    return Jdk.walkable()
        .flatMap(
            jdk ->
                switch (jdk.feature()) {
                  case 21 ->
                      Stream.of("-XX:+UseZGC -XX:-ZGenerational", "-XX:+UseZGC -XX:+ZGenerational")
                          .map(options -> Arguments.of(jdk, options));
                  case 25 ->
                      Stream.of("-XX:+UseZGC", "-XX:+UseZGC -XX:+UseCompactObjectHeaders")
                          .map(options -> Arguments.of(jdk, options));
                  default -> Stream.of(Arguments.of(jdk, "-XX:+UseZGC"));
                });
  }

  /** Collectors that jhsdb can't read, and a heap during a collection. */
  @ParameterizedTest
  @MethodSource("collectors")
  void showsWhatTheVmItselfShows(Jdk jdk, String options) throws Exception {
    try (StoppedVictim victim =
        new StoppedVictim(jdk, List.of(options.split(" ")), "still", "busy")) {
      Map<Long, List<String>> expected = ThreadPrint.parse(ThreadPrint.run(jdk, victim.pid()));
      StackDump dump = stoppedBetweenCollections(victim);

      assertEquals(List.of(), dump.softErrors());
      assertEquals(2, dump.deadlocks().size(), () -> dump.deadlocks().toString());
      int compared = 0;
      for (ThreadDump thread : dump.threads()) {
        if (thread.id() != null
            && !thread.name().startsWith("busy-")
            && !thread.name().equals("Attach Listener")
            && thread.id() > 1) {
          assertEquals(
              expected.get(thread.id()),
              thread.frames().stream().map(WalkIT::javaText).toList(),
              thread::name);
          compared++;
        }
      }
      assertTrue(compared > 20, () -> dump.threads().toString());
    }
  }

  /** While objects are moved, both oracles are unreliable. */
  private static StackDump stoppedBetweenCollections(StoppedVictim victim) throws IOException {
    StackDump dump = victim.stop().walk();
    for (int i = 0; i < MAX_STOPS && isCollecting(dump); i++) {
      dump = victim.goOn().stop().walk();
    }
    return dump;
  }

  private static boolean isCollecting(StackDump dump) {
    return dump.softErrors().stream().anyMatch(error -> error.contains("garbage collection"));
  }

  private static String javaText(Frame frame) {
    String source =
        frame.kind() == Frame.Kind.NATIVE
            ? "Native Method"
            : frame.file() == null
                ? "Unknown Source"
                : frame.line() > 0 ? frame.file() + ":" + frame.line() : frame.file();
    return ThreadPrint.withoutNumbers(frame.className())
        + "."
        + frame.method()
        + "("
        + source
        + ")";
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

  /** The oracle shows the frames of a carrier and its virtual thread as one stack. */
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
    if (!ours.equals(expected.frames())
        && !isOraclesFault(expected, frames, ours, found.size() > 1)) {
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
    boolean areLocksRight =
        runs(expected)
            ? expected.locked().containsAll(locked) // between two PcDescs, jhsdb reads garbage
            : sorted(locked).equals(sorted(expected.locked()));
    if (ours.equals(expected.frames()) && !entering && !areLocksRight) {
      differences.add(who + "has locked " + expected.locked() + ", not " + locked + ours);
    }
  }

  private static boolean runs(Jhsdb.OracleThread thread) {
    return thread.vmState().equals("_thread_in_java")
        || thread.vmState().endsWith("_trans")
        // during a change of state
        || (thread.frames().isEmpty() && thread.name().startsWith("busy-"));
  }

  private static List<Long> sorted(List<Long> all) {
    return all.stream().sorted().toList();
  }

  /** The methods that the victim's methods call. */
  private static final Map<String, Set<String>> CALLS =
      Map.ofEntries(
          Map.entry("spin", Set.of()),
          Map.entry("fibonacci", Set.of("fibonacci")),
          Map.entry("recursiveSpin", Set.of("fibonacci", "incrementAndGet")),
          Map.entry("inlinedSpin", Set.of("one")),
          Map.entry("one", Set.of("two")),
          Map.entry("two", Set.of("three")),
          Map.entry("three", Set.of()),
          Map.entry("copySpin", Set.of("arraycopy")),
          Map.entry("mathSpin", Set.of("pow", "sin", "log")),
          Map.entry("allocatingSpin", Set.of()),
          Map.entry("timeSpin", Set.of("nanoTime", "currentTimeMillis")),
          Map.entry("exceptionSpin", Set.of("thrower", "getStackTrace")),
          Map.entry("thrower", Set.of("<init>")));

  /**
   * For running threads, jhsdb often loses all frames, or the callers of the newest one, or invents
   * a frame in between. For a mounted virtual thread, it does not show frames in the heap. Then the
   * possible calls of the program decide.
   */
  private static boolean isOraclesFault(
      Jhsdb.OracleThread expected, List<Frame> frames, List<String> ours, boolean isMounted) {
    if (ours.isEmpty()) {
      return false;
    }
    String oldest = ours.get(ours.size() - 1);
    return isMounted
        ? isWithin(expected.frames(), ours)
            && oldest.startsWith("java.util.concurrent.ForkJoinWorkerThread.run(")
        : runs(expected) && isPossible(frames) && oldest.startsWith("java.lang.Thread.run(");
  }

  private static boolean isWithin(List<String> some, List<String> all) {
    int at = 0;
    for (String each : all) {
      if (at < some.size() && each.equals(some.get(at))) {
        at++;
      }
    }
    return at == some.size();
  }

  private static boolean isPossible(List<Frame> frames) {
    List<Frame> java = frames.stream().filter(frame -> frame.className() != null).toList();
    for (int i = 1; i < java.size(); i++) {
      Frame caller = java.get(i);
      boolean isVictims = caller.className().equals("io.jmortem.it.victim.Stacks");
      Set<String> callees = isVictims ? CALLS.get(caller.method()) : null;
      if (callees != null && !callees.contains(java.get(i - 1).method())) {
        return false;
      }
    }
    return true;
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

  /** The parameters of a descriptor in the notation of source code. */
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
