// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.it.victim.Victim;
import io.jmortem.report.Report;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The run of one JVM, watched or not. It runs in a shell's pipe, which ends only when the helper
 * and the reporter have closed the JVM's stderr, too. So the tests wait for an event, not for a
 * time.
 */
final class VictimRun {

  /** Only ends a run that hangs; no test depends on how long it takes. */
  private static final long HANGS_SECONDS = 120;

  private final Path directory;
  private final List<String> command = new ArrayList<>();

  /** The command prefix for a user without any privileges. */
  static final List<String> ORDINARY_USER =
      List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

  private final List<String> prefix = new ArrayList<>();
  private final List<String> victim = new ArrayList<>();
  private String agentOptions = "snapshot=off";
  private Path jar = Tests.jar();
  private boolean watched = true;
  private boolean isArmedFirst = true;
  private Class<?> main = Victim.class;
  private Path reports;
  private Process process;
  private Dialogue dialogue;

  VictimRun(Jdk jdk, String... victim) {
    this.directory = Tests.newDirectory();
    this.reports = directory.resolve("reports");
    this.command.add(jdk.java().toString());
    this.command.add("-Djava.io.tmpdir=" + Tests.newDirectory(directory.resolve("tmp")));
    this.victim.addAll(List.of(victim));
  }

  VictimRun vm(String... options) {
    command.addAll(List.of(options));
    return this;
  }

  /** Runs the JVM below other commands, such as unshare. */
  VictimRun below(String... words) {
    prefix.addAll(List.of(words));
    return this;
  }

  /** Runs it as an ordinary user without any privileges. */
  VictimRun asOrdinaryUser() {
    Tests.run("chmod", "777", directory.toString(), tmp().toString());
    return below(ORDINARY_USER.toArray(String[]::new));
  }

  VictimRun agent(String options) {
    agentOptions = options;
    return this;
  }

  VictimRun main(Class<?> other) {
    main = other;
    return this;
  }

  VictimRun jar(Path other) {
    jar = other;
    return this;
  }

  VictimRun reports(Path elsewhere) {
    reports = elsewhere;
    return this;
  }

  VictimRun unwatched() {
    watched = false;
    return this;
  }

  /** Does not wait for arming: the JVM dies before or during arming. */
  VictimRun early() {
    isArmedFirst = false;
    return this;
  }

  VictimRun waiting() {
    command.add("-Dvictim.wait=true");
    return this;
  }

  Path directory() {
    return directory;
  }

  /** Starts it, without waiting for anything. */
  VictimRun start() {
    List<String> all = new ArrayList<>();
    all.add("/bin/sh");
    all.add("-c");
    all.add(
        "exec 3>&1; ulimit -c 0; cd \"$0\";"
            + " { \"$@\" 2>&1 >&3 3>&-; echo $? > status; } | cat > stderr");
    all.add(directory.toString());
    all.addAll(prefix);
    all.addAll(command);
    all.add("-Dvictim.library=" + Tests.victimLibrary());
    if (watched) {
      // a daemon of this host has nothing to do with the tests
      String fixed = "daemon=off,dir=" + reports;
      all.add(
          "-javaagent:" + jar + "=" + fixed + (agentOptions.isEmpty() ? "" : "," + agentOptions));
      all.add("-Dvictim.await=" + isArmedFirst);
    }
    all.addAll(List.of("-cp", Tests.classes().toString(), main.getName()));
    all.addAll(victim);
    try {
      process = new ProcessBuilder(all).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    dialogue = new Dialogue(process);
    return this;
  }

  /** Waits until the victim is ready, and returns its pid in its own namespace. */
  long awaitReady() {
    String line = awaitLine("ready ");
    return Long.parseLong(line.substring("ready ".length()));
  }

  /** The same for a victim that then sleeps; waits until it sleeps. */
  long awaitAsleep() {
    long pid = awaitReady();
    awaitLine("asleep");
    return pid;
  }

  /** Waits for a line on stdout with this beginning. */
  String awaitLine(String beginning) {
    try {
      return dialogue.await(beginning, line -> line.startsWith(beginning));
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + stderr(), e);
    }
  }

  /** Lets a waiting victim continue. */
  VictimRun go() {
    dialogue.say("");
    return this;
  }

  /** Waits for its end and its report. */
  VictimRun finish() {
    try {
      dialogue.awaitEnd();
      if (!process.waitFor(HANGS_SECONDS, TimeUnit.SECONDS)) {
        String state = Tests.run("ps", "-eo", "pid,ppid,stat,args");
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        throw new AssertionError("it hangs:\n" + state + stderr());
      }
      process.getOutputStream().close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (IOException e) {
      // the victim is gone, and its stdin with it
    }
    return this;
  }

  VictimRun run() {
    return start().finish();
  }

  // ---- results

  /** The exit status as a shell reports it: 128 plus the signal's number for a signal. */
  int status() {
    return Integer.parseInt(Tests.read(directory.resolve("status")).strip());
  }

  List<String> stdout() {
    return dialogue.said();
  }

  /** The rest of a line on stdout with this beginning. */
  String stdout(String beginning) {
    return stdout().stream()
        .filter(line -> line.startsWith(beginning))
        .map(line -> line.substring(beginning.length()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no '" + beginning + "' in " + stdout() + stderr()));
  }

  String stderr() {
    Path file = directory.resolve("stderr");
    return Files.exists(file) ? Tests.read(file) : "";
  }

  /** The lines of jmortem on stderr. */
  List<String> lines() {
    return stderr().lines().filter(line -> line.startsWith("jmortem: ")).toList();
  }

  /** The directories of reports, finished or not. */
  List<Path> reportDirectories() {
    return Tests.list(reports);
  }

  /** The temporary directory: for the helper's private directory, and as a fallback for reports. */
  Path tmp() {
    return directory.resolve("tmp");
  }

  /** The pids of the helper's processes: the watchdog's, then the worker's. */
  List<Long> helpers() {
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.filter(process -> isHelper(process) && !isJava(process.parent()))
          .map(ProcessHandle::pid)
          .sorted()
          .toList();
    }
  }

  /** The victim's pid in the tests' own namespace. */
  long pidOutside() {
    try (Stream<ProcessHandle> all = process.descendants()) {
      return all.filter(each -> each.info().command().orElse("").endsWith("/java"))
          .map(ProcessHandle::pid)
          .findFirst()
          .orElseThrow();
    }
  }

  private boolean isHelper(ProcessHandle process) {
    return process.info().command().orElse("").startsWith(tmp() + "/jmortem-");
  }

  /** Not the process that the JVM started, which is about to end. */
  private static boolean isJava(Optional<ProcessHandle> parent) {
    return parent.flatMap(process -> process.info().command()).orElse("").endsWith("/java");
  }

  /** The only report; it is valid, and the last line names it. */
  Report report() {
    List<Path> directories = reportDirectories();
    assertEquals(1, directories.size(), () -> directories + "\n" + stderr());
    Path path = directories.get(0);
    Report report = Tests.report(path);
    Schema.assertValid(path.resolve("report.json"));
    List<String> lines = lines();
    String last = lines.isEmpty() ? "" : lines.get(lines.size() - 1);
    assertTrue(
        last.startsWith("jmortem: " + report.diagnosis().category())
            && last.endsWith(" -> " + path),
        () -> stderr());
    return report;
  }

  void assertNoReport() {
    assertEquals(List.of(), reportDirectories(), this::stderr);
  }

  /** HotSpot's logs in the working directory. */
  List<Path> hsErrLogs() {
    return Tests.list(directory).stream()
        .filter(file -> file.getFileName().toString().startsWith("hs_err"))
        .toList();
  }
}
