// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import io.jmortem.report.Report;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A daemon with a store and a socket of its own. It takes only JVMs with its mark in their
 * environment: other tests run beside it.
 */
final class Daemon implements AutoCloseable {

  private static final AtomicInteger NEXT = new AtomicInteger();

  private final String mark = ProcessHandle.current().pid() + "-" + NEXT.incrementAndGet();
  private final Path directory = Tests.newDirectory();
  private final List<String> options;
  private Cli cli;

  private Daemon(List<String> options) {
    this.options = options;
    restart();
  }

  static Daemon start(String... options) {
    return new Daemon(List.of(options));
  }

  /** Starts it after it has ended. */
  void restart() {
    List<String> words =
        new ArrayList<>(
            List.of("daemon", "--dir", store().toString(), "--socket", socket().toString()));
    words.addAll(options); // the first rule that fits decides
    words.addAll(List.of("--match", "env=JMORTEM_IT=" + mark));
    cli = Cli.start(words.toArray(String[]::new));
    awaitLine("watches the JVMs");
  }

  /** Waits for a line on stderr with this part. */
  void awaitLine(String part) {
    Tests.await(
        part + " in " + cli.stderr(),
        () -> {
          if (!ProcessHandle.of(cli.pid()).map(ProcessHandle::isAlive).orElse(false)) {
            throw new AssertionError("the daemon has ended: " + cli.stderr());
          }
          return cli.stderr().contains(part);
        });
  }

  /** Put before a command, it has the daemon watch the JVMs below. */
  List<String> prefix() {
    return List.of("env", "JMORTEM_IT=" + mark);
  }

  String mark() {
    return mark;
  }

  Path store() {
    return directory.resolve("store");
  }

  Path socket() {
    return directory.resolve("run/daemon.sock");
  }

  /** The directory of a user's reports. */
  Path reports(int uid) {
    return store().resolve("" + uid);
  }

  String stderr() {
    return cli.stderr();
  }

  long pid() {
    return cli.pid();
  }

  /** Whether a watch of it holds this process. */
  boolean holds(long pid) {
    return Tests.list(Path.of("/proc/" + pid + "/task")).stream()
        .map(task -> Tests.readIfThere(task.resolve("status")))
        .anyMatch(status -> status.lines().anyMatch(Daemon::isTraced));
  }

  private static boolean isTraced(String line) {
    if (!line.startsWith("TracerPid:") || line.endsWith("\t0")) {
      return false;
    }
    Path comm = Path.of("/proc", line.substring(line.indexOf('\t') + 1), "comm");
    return Tests.readIfThere(comm).startsWith("jmortem-watch");
  }

  void awaitHold(long pid) {
    Tests.await("hold of " + pid + stderr(), () -> holds(pid));
  }

  /** The only report of a user, once it is there. */
  Report report(int uid) {
    List<Path> all = reportDirectories(uid, 1);
    Schema.assertValid(all.get(0).resolve("report.json"));
    return Tests.report(all.get(0));
  }

  /** Waits for so many finished reports. */
  List<Path> reportDirectories(int uid, int count) {
    Tests.await(count + " reports: " + stderr(), () -> finished(uid).size() >= count);
    if (finished(uid).size() != count) {
      throw new AssertionError(finished(uid) + stderr());
    }
    return finished(uid);
  }

  private List<Path> finished(int uid) {
    return Tests.list(reports(uid)).stream()
        .filter(each -> each.resolve("report.json").toFile().exists())
        .filter(each -> !each.getFileName().toString().startsWith("."))
        .toList();
  }

  /** The lines of a user's history; empty if there are none. */
  String history(int uid) {
    return Tests.readIfThere(reports(uid).resolve("history.ndjson"));
  }

  void kill(String signal) {
    Tests.run("kill", "-" + signal, "" + pid());
    cli.awaitEnd();
  }

  @Override
  public void close() {
    kill("TERM");
  }
}
