// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A helper that root installed with file capabilities; closing removes it. */
final class InstalledHelper implements AutoCloseable {

  /** An ordinary user without privileges. */
  static final List<String> NOBODY =
      List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

  /** The usual directory of packages. */
  private final Path path = Path.of("/usr/local/libexec/jmortem-test-helper");

  private final Path shared = Tests.newDirectory();

  InstalledHelper() throws IOException {
    Tests.assumeRoot();
    Assumptions.assumeTrue(
        Tests.run("sh", "-c", "command -v setcap").contains("setcap"),
        "skipped: no setcap (libcap2-bin)");
    Files.createDirectories(path.getParent());
    Files.deleteIfExists(path);
    assertEquals(0, Cli.run("doctor", "--write-helper", path.toString()).status());
    setCapabilities("cap_bpf,cap_perfmon,cap_sys_ptrace+p");
    Tests.run("chmod", "777", shared.toString());
  }

  void setCapabilities(String capabilities) {
    Tests.run("setcap", capabilities, path.toString());
  }

  Path path() {
    return path;
  }

  /** A directory that everybody may write to. */
  Path shared() {
    return shared;
  }

  /** The number of its processes. */
  long processes() {
    return ProcessHandle.allProcesses()
        .filter(each -> each.info().command().orElse("").equals(path.toString()))
        .count();
  }

  /** Sends a configuration to the helper directly, as an attacker would; returns the answer. */
  String ask(List<String> below, String... pairs) throws IOException {
    Path configuration = Files.createTempFile(shared, "configuration", "");
    Path stderr = Files.createTempFile(shared, "stderr", ""); // it stays open to the end
    Tests.run("chmod", "666", stderr.toString());
    StringBuilder text = new StringBuilder("protocol=2\0fallback-dir=/tmp/f\0");
    for (String pair : pairs) {
      text.append(pair).append('\0');
    }
    Files.write(configuration, text.append('\0').toString().getBytes(StandardCharsets.UTF_8));
    Tests.run("chmod", "644", configuration.toString());
    List<String> command = new ArrayList<>(below);
    command.addAll(List.of("sh", "-c", "\"$0\" <" + configuration + " 2>" + stderr, path + ""));
    return Tests.run(command.toArray(String[]::new)) + Tests.read(stderr);
  }

  /** A configuration to watch a process. */
  String[] target(long pid, String... more) {
    List<String> pairs =
        new ArrayList<>(
            List.of(
                "relation=other",
                "pid=" + pid,
                "dir=" + shared.resolve("reports"),
                "java=" + Jdk.own().java(),
                "jar=" + Tests.jar()));
    pairs.addAll(List.of(more));
    return pairs.toArray(String[]::new);
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path);
  }
}
