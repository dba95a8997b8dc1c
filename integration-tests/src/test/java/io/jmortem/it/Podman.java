// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import io.jmortem.it.victim.Victim;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/**
 * A container with the victim, by podman and runc. Its root is the machine's own, below an overlay
 * that is thrown away, so no image is needed. It sees one directory of the test's, as a volume at
 * the same path. Closing removes it.
 */
final class Podman implements AutoCloseable {

  private static final List<String> ENGINE = List.of("podman", "--runtime", "runc");
  private static final AtomicInteger NEXT = new AtomicInteger();

  private final String name =
      "jmortem-it-" + ProcessHandle.current().pid() + "-" + NEXT.incrementAndGet();
  private final Path directory = Tests.newDirectory();
  private final List<String> options = new ArrayList<>();
  private final List<String> below = new ArrayList<>();
  private final List<String> vm = new ArrayList<>();
  private final List<String> victim;
  private final Jdk jdk;
  private boolean isArmedFirst = true;
  private boolean isWatched = true;

  Podman(Jdk jdk, String... victim) {
    this.jdk = jdk;
    this.victim = List.of(victim);
    Tests.run("chmod", "777", directory.toString());
  }

  /** Skips the test, with a message, where there is no container engine. */
  static void assumeThere() {
    Tests.assumeRoot();
    for (String program : List.of("podman", "runc")) {
      boolean isThere =
          List.of("/usr/bin/", "/usr/sbin/").stream()
              .anyMatch(place -> Files.isExecutable(Path.of(place + program)));
      Assumptions.assumeTrue(isThere, "skipped: there is no " + program);
    }
  }

  /** Options of {@code podman run}. */
  Podman with(String... more) {
    options.addAll(List.of(more));
    return this;
  }

  /** Runs the JVM below other words, such as a shell's. */
  Podman below(String... words) {
    below.addAll(List.of(words));
    return this;
  }

  Podman vm(String... more) {
    vm.addAll(List.of(more));
    return this;
  }

  /** Has no agent in the JVM. */
  Podman unwatched() {
    isWatched = false;
    return this;
  }

  /** Does not wait for arming. */
  Podman early() {
    isArmedFirst = false;
    return this;
  }

  /** Starts it, and waits until the victim is ready. */
  Podman start() {
    List<String> all = new ArrayList<>(ENGINE);
    all.addAll(List.of("run", "--detach", "--name", name, "--network=none"));
    // the default asks for more than a small machine allows
    all.addAll(List.of("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"));
    all.addAll(List.of("-v", directory + ":" + directory, "-w", directory.toString()));
    all.addAll(options);
    all.addAll(List.of("--rootfs", "/:O"));
    all.addAll(below);
    all.add(jdk.java().toString());
    all.addAll(vm);
    all.add("-Dvictim.library=" + Tests.victimLibrary());
    if (isWatched) {
      all.add("-javaagent:" + Tests.jar() + "=snapshot=off,dir=" + reports());
      all.add("-Dvictim.await=" + isArmedFirst);
    }
    all.addAll(List.of("-cp", Tests.classes().toString(), Victim.class.getName()));
    all.addAll(victim);
    String said = Tests.run(all.toArray(String[]::new));
    Assumptions.assumeFalse(said.contains("Error:"), () -> "skipped: no containers here: " + said);
    Tests.await("victim: " + said, () -> logs().contains("ready ") || hasEnded());
    return this;
  }

  /** Waits for a line on its output with this beginning. */
  Podman awaitLine(String beginning) {
    Tests.await(beginning, () -> logs().lines().anyMatch(line -> line.startsWith(beginning)));
    return this;
  }

  private boolean hasEnded() {
    return engine("inspect", "--format", "{{.State.Status}}", name).strip().equals("exited");
  }

  /** A command of the engine on this container, such as kill. */
  Podman tell(String command, String... more) {
    List<String> words = new ArrayList<>(List.of(command));
    words.addAll(List.of(more));
    words.add(name);
    engine(words.toArray(String[]::new));
    return this;
  }

  /** Waits for its end, and returns its exit status. */
  int finish() {
    return Integer.parseInt(engine("wait", name).strip());
  }

  /** What the victim, the helper and the reporter wrote. */
  String logs() {
    return engine("logs", name);
  }

  private static String engine(String... words) {
    List<String> all = new ArrayList<>(ENGINE);
    all.addAll(List.of(words));
    return Tests.run(all.toArray(String[]::new));
  }

  Path directory() {
    return directory;
  }

  Path reports() {
    return directory.resolve("reports");
  }

  @Override
  public void close() {
    engine("rm", "--force", "--time", "0", name);
  }
}
