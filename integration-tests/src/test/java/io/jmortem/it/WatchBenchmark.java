// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import io.jmortem.it.victim.NullChecks;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What watching costs those who do not die: a signal of an unwatched program while JVMs are
 * watched, a fault that HotSpot recovers from in a watched JVM, and each BPF program. All times are
 * CPU times of the measured thread, and what is compared runs in turn. Run by {@code mvn verify
 * -Pbenchmark}; no test: it prints, and never fails.
 */
final class WatchBenchmark {

  private static final int TURNS = 6;
  private static final int ROUNDS = 15;

  /** The memory of a small watched JVM and its watch. */
  private static final int MEGABYTES = 40;

  private WatchBenchmark() {}

  /** Needs root. */
  public static void main(String[] arguments) {
    if (!Tests.isRoot()) {
      System.err.println("skipped: only root can measure what watching costs");
      return;
    }
    faults();
    signals();
  }

  /** One process, which is watched half of the time. */
  private static void faults() {
    double[] bare = new double[TURNS];
    double[] watched = new double[TURNS];
    List<String> programs = List.of();
    try (Measured jvm = Measured.jvm(List.of())) {
      jvm.awaitStart();
      jvm.median(); // until it is compiled
      for (int i = 0; i < TURNS; i++) {
        bare[i] = jvm.median();
        try (Watch watch = new Watch(jvm.pid())) {
          watch.await();
          watched[i] = jvm.median();
          programs = programs(jvm);
        }
      }
    }
    tell("a NullPointerException, not watched", bare, bare);
    tell("a NullPointerException, watched", watched, bare);
    programs.forEach(System.err::println);
  }

  private static void signals() {
    try (Measured program = Measured.program()) {
      for (int count : new int[] {1, 10, 40}) {
        double[] none = turns(program);
        List<Measured> jvms =
            start(count, List.of(), "-javaagent:" + Tests.jar() + "=snapshot=off");
        tell("a signal beside " + count + " JVMs with agents", turns(program), none);
        jvms.forEach(Measured::close);
      }
      for (int count : new int[] {1, 40, 500}) {
        if (count > memory() / MEGABYTES) {
          System.err.println("skipped: no memory for " + count + " JVMs");
          continue;
        }
        double[] none = turns(program);
        try (Daemon daemon = Daemon.start()) {
          List<Measured> jvms = start(count, daemon.prefix());
          tell("a signal beside " + count + " JVMs of the daemon", turns(program), none);
          jvms.forEach(Measured::close);
        }
      }
    }
  }

  private static double[] turns(Measured measured) {
    return IntStream.range(0, TURNS).mapToDouble(i -> measured.median()).toArray();
  }

  /** Starts JVMs that wait, until all are held. */
  private static List<Measured> start(int count, List<String> prefix, String... options) {
    List<Measured> jvms = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      jvms.add(Measured.jvm(prefix, options));
    }
    jvms.forEach(Measured::awaitStart);
    jvms.forEach(jvm -> Tests.await("hold of " + jvm.pid(), () -> isHeld(jvm.pid())));
    return jvms;
  }

  private static boolean isHeld(long pid) {
    return Tests.list(Path.of("/proc/" + pid + "/task")).stream()
        .map(task -> Tests.readIfThere(task.resolve("status")))
        .flatMap(String::lines)
        .anyMatch(line -> line.startsWith("TracerPid:") && !line.endsWith("\t0"));
  }

  /** In megabytes. */
  private static long memory() {
    return Tests.read(Path.of("/proc/meminfo"))
        .lines()
        .filter(line -> line.startsWith("MemAvailable:"))
        .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(0L);
  }

  /**
   * What each program takes; the kernel's statistics themselves take some 25 ns of it. Other
   * helpers of the host have the same programs: those of the watch itself take the longest.
   */
  private static List<String> programs(Measured jvm) {
    String before = Tests.run("sysctl", "-n", "kernel.bpf_stats_enabled").strip();
    Tests.run("sysctl", "-w", "kernel.bpf_stats_enabled=1");
    jvm.median();
    String all = Tests.run("bpftool", "prog", "show");
    Tests.run("sysctl", "-w", "kernel.bpf_stats_enabled=" + before);
    return Pattern.compile(" name (handle_\\w+) .* run_time_ns (\\d+) run_cnt (\\d+)")
        .matcher(all)
        .results()
        .filter(found -> Long.parseLong(found.group(3)) > 1000)
        .collect(
            Collectors.toMap(
                found -> found.group(1), WatchBenchmark::nanos, Math::max, TreeMap::new))
        .entrySet()
        .stream()
        .map(each -> each.getKey() + ": " + each.getValue() + " ns by bpf_stats")
        .toList();
  }

  private static long nanos(MatchResult program) {
    return Long.parseLong(program.group(2)) / Long.parseLong(program.group(3));
  }

  private static void tell(String what, double[] times, double[] base) {
    double[] ratios = IntStream.range(0, TURNS).mapToDouble(i -> times[i] / base[i]).toArray();
    System.err.printf(
        Locale.ROOT, "%s: %.0f ns, ratio %.3f%n", what, median(times), median(ratios));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** {@code jmortem watch}. */
  private static final class Watch implements AutoCloseable {

    private final long pid;
    private final Cli cli;

    Watch(long pid) {
      this.pid = pid;
      this.cli = Cli.start("watch", "--json", "" + pid);
    }

    void await() {
      Tests.await("hold of " + pid + cli.stderr(), () -> isHeld(pid));
      cli.awaitLine("armed");
    }

    @Override
    public void close() {
      Tests.run("kill", "-TERM", "" + cli.pid());
      cli.awaitEnd();
      Tests.await("end of the hold of " + pid, () -> !isHeld(pid));
    }
  }

  /** A process that does a round for each line, and says what one thing of it took. */
  private static final class Measured implements AutoCloseable {

    private final Process process;
    private final BufferedReader answers;

    private Measured(List<String> command) {
      try {
        process =
            new ProcessBuilder(command)
                .directory(Tests.newDirectory().toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      answers = process.inputReader();
    }

    static Measured program() {
      return new Measured(List.of(Tests.nativeTool("signals").toString()));
    }

    static Measured jvm(List<String> prefix, String... options) {
      List<String> command = new ArrayList<>(prefix);
      command.add(Jdk.own().java().toString());
      command.addAll(List.of("-Xmx16m", "-Xss256k", "-XX:+UseSerialGC"));
      command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:-OmitStackTraceInFastThrow"));
      command.addAll(List.of(options));
      command.addAll(List.of("-cp", Tests.classes().toString(), NullChecks.class.getName()));
      return new Measured(command);
    }

    void awaitStart() {
      if (!"started".equals(answer())) {
        throw new AssertionError("a JVM did not start: " + process.info());
      }
    }

    double median() {
      return WatchBenchmark.median(IntStream.range(0, ROUNDS).mapToDouble(i -> round()).toArray());
    }

    private double round() {
      try {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return Double.parseDouble(answer());
    }

    private String answer() {
      try {
        return String.valueOf(answers.readLine());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    long pid() {
      return process.pid();
    }

    /** It ends with its standard input. */
    @Override
    public void close() {
      try {
        process.getOutputStream().close();
        process.waitFor();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }
}
