// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Processes that look like JVMs and attack their helper. */
@Timeout(value = 120, unit = TimeUnit.SECONDS) // a hang here would last forever
class HostileJvmIT {

  /** Null if there is none. */
  private Process fake;

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  @AfterEach
  void end() {
    if (fake != null) {
      fake.destroyForcibly();
    }
  }

  private static Process fake(List<String> below, Path directory, String... words)
      throws IOException {
    List<String> command = new ArrayList<>(below);
    command.addAll(List.of(Tests.nativeTool("fakejvm").toString(), directory.toString()));
    command.addAll(List.of(words));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    assertEquals("ready", process.inputReader().readLine());
    return process;
  }

  /**
   * While the symbols are read, libjvm.so becomes a link to a program of root: a breakpoint at an
   * offset that the attacker chooses would be in every process that runs the program.
   */
  @Test
  void fileThatIsSwappedWhileItIsRead() throws Exception {
    Path program = Path.of("/usr/bin/sleep").toRealPath();
    long offset = entryOf(program);
    Process roots = new ProcessBuilder(program.toString(), "300").start();
    byte[] before = code(roots.pid(), program, offset);
    try (InstalledHelper helper = new InstalledHelper()) {
      Path library = helper.shared().resolve("libjvm.so");
      fake = fake(InstalledHelper.NOBODY, helper.shared(), "symbols", "3000000", "" + offset);
      Path original = helper.shared().resolve("original");
      Files.createLink(original, library);
      Thread swapper = new Thread(() -> swap(library, original, program));
      swapper.start();
      String answer = helper.ask(InstalledHelper.NOBODY, helper.target(fake.pid()));
      byte[] after = code(roots.pid(), program, offset);
      swapper.interrupt();
      swapper.join();
      fake.destroyForcibly().waitFor();

      assertTrue(answer.startsWith("armed "), answer);
      assertEquals(hex(before), hex(after), answer);
    } finally {
      roots.destroyForcibly().waitFor();
    }
  }

  /** Swaps the files every few milliseconds, until it is interrupted. */
  private static void swap(Path library, Path original, Path program) {
    Path next = library.resolveSibling("next");
    try {
      while (true) {
        Files.createSymbolicLink(next, program);
        Files.move(next, library, StandardCopyOption.ATOMIC_MOVE);
        Thread.sleep(15);
        Files.createLink(next, original);
        Files.move(next, library, StandardCopyOption.REPLACE_EXISTING);
        Thread.sleep(5);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** For an ELF file with addresses that are offsets, as in position-independent programs. */
  private static long entryOf(Path program) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(program.toFile(), "r")) {
      file.seek(24);
      return Long.reverseBytes(file.readLong());
    }
  }

  private static byte[] code(long pid, Path program, long offset) throws IOException {
    Tests.await("program", () -> !mappings(pid, program).isEmpty());
    long start = Long.parseLong(mappings(pid, program).get(0).split("-", 2)[0], 16);
    try (RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
      byte[] code = new byte[16];
      memory.seek(start + offset);
      memory.readFully(code);
      return code;
    }
  }

  private static List<String> mappings(long pid, Path program) {
    return Tests.read(Path.of("/proc/" + pid + "/maps"))
        .lines()
        .filter(line -> line.endsWith(" " + program))
        .toList();
  }

  private static String hex(byte[] bytes) {
    StringBuilder hex = new StringBuilder();
    for (byte each : bytes) {
      hex.append(String.format(Locale.ROOT, "%02x ", each));
    }
    return hex.toString();
  }

  /** Reading a symbol table of 45 GiB is given up; the helper can still be killed meanwhile. */
  @Test
  void endlessLibraryBelowRun() throws Exception {
    Path directory = Tests.newDirectory();
    Cli run =
        Cli.start(
            "run", "--", Tests.nativeTool("fakejvm").toString(), directory + "", "sparse", "2");
    run.awaitLine("ready");
    long pid = ProcessHandle.of(run.pid()).orElseThrow().children().findFirst().orElseThrow().pid();
    Tests.run("kill", "-KILL", "" + pid);
    Tests.await("end of the process", () -> ProcessHandle.of(pid).isEmpty());

    assertEquals(137, run.awaitEnd().status(), run::stderr);
  }

  @Test
  void endlessLibraryThatIsWatched() throws Exception {
    fake = fake(List.of(), Tests.newDirectory(), "sparse", "2");
    Cli watch = Cli.start("watch", Long.toString(fake.pid()));
    Tests.await("helper", () -> !helpersOf(fake.pid()).isEmpty() || !watch.stderr().isEmpty());
    Tests.run("kill", "-TERM", "" + watch.pid());
    watch.awaitEnd();

    Tests.await("end of the helper", () -> helpersOf(fake.pid()).isEmpty());
    assertTrue(fake.isAlive());
    fake.destroyForcibly().waitFor();
  }

  /** The processes that have the process open. */
  private static List<Path> helpersOf(long pid) {
    return ProcessHandle.allProcesses()
        .filter(each -> each.info().command().orElse("").endsWith("/helper"))
        .map(each -> Path.of("/proc/" + each.pid()))
        .filter(each -> hasOpen(each, Path.of("/proc/" + pid)))
        .toList();
  }

  private static boolean hasOpen(Path process, Path file) {
    try (var descriptors = Files.list(process.resolve("fd"))) {
      return descriptors.anyMatch(each -> leadsTo(each, file));
    } catch (IOException | UncheckedIOException e) {
      return false; // it has ended
    }
  }

  private static boolean leadsTo(Path link, Path file) {
    try {
      return Files.readSymbolicLink(link).equals(file);
    } catch (IOException e) {
      return false;
    }
  }

  /** Its exit() returns: a million records a second are not kept or written. */
  @Test
  void exitForEver() throws Exception {
    fake = fake(List.of(), Tests.newDirectory(), "loop");
    Cli watch = Cli.start("watch", "--json", Long.toString(fake.pid()));
    watch.awaitLine("armed");
    awaitCpuSeconds(fake, 2);
    for (Path helper : helpersOf(fake.pid())) {
      assertTrue(residentMebibytes(helper) < 24, () -> Tests.read(helper.resolve("status")));
      assertEquals("0", policy(helper)); // SCHED_OTHER: no JVM is held
    }
    fake.destroyForcibly().waitFor();
    Report report = watch.awaitEnd().report();

    assertTrue(
        report.softErrors().stream().anyMatch(each -> each.contains("exit() were only counted")),
        () -> "" + report.softErrors());
    assertTrue(Files.size(watch.reportDirectory().resolve("evidence.ndjson")) < 4 << 20);
  }

  /** Measures from now on: the CPU time used. */
  private static void awaitCpuSeconds(Process process, long seconds) {
    long start = cpuSeconds(process);
    Tests.await("use of the CPU", () -> cpuSeconds(process) >= start + seconds);
  }

  private static long cpuSeconds(Process process) {
    return process.info().totalCpuDuration().orElseThrow().toSeconds();
  }

  private static long residentMebibytes(Path process) {
    return Tests.read(process.resolve("status"))
        .lines()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
        .findFirst()
        .orElseThrow();
  }

  /** The 41st field of stat (proc(5)); the name before it may hold blanks. */
  private static String policy(Path process) {
    String stat = Tests.read(process.resolve("stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[41 - 3];
  }

  /** The number of helpers of one user is limited: each adds programs to every signal. */
  @Test
  void manyOfOneUser() throws Exception {
    List<Process> others = new ArrayList<>(); // they wait for their configuration
    try (InstalledHelper helper = new InstalledHelper();
        LiveJvm own = LiveJvm.startBelow(InstalledHelper.NOBODY, Jdk.own(), "sleep")) {
      List<String> command = new ArrayList<>(InstalledHelper.NOBODY);
      command.add(helper.path().toString());
      addTo(others, command, 26); // helpers of an earlier test may not have ended yet
      String[] target = helper.target(own.pid(), "marker=syscalls");
      String answer = helper.ask(InstalledHelper.NOBODY, target);
      assertTrue(answer.startsWith("armed full"), answer);
      assertTrue(answer.contains("only root may use it"), answer);
      addTo(others, command, 8);
      String refused = helper.ask(InstalledHelper.NOBODY, target);
      assertTrue(refused.contains("too many JVMs of this user"), refused);
    } finally {
      others.forEach(Process::destroyForcibly);
    }
  }

  private static void addTo(List<Process> processes, List<String> command, int count)
      throws IOException {
    for (int i = 0; i < count; i++) {
      processes.add(new ProcessBuilder(command).start());
    }
    for (Process each : processes) {
      Path comm = Path.of("/proc/" + each.pid() + "/comm");
      Tests.await("its name", () -> Tests.read(comm).equals("jmortem-helper\n"));
    }
  }
}
