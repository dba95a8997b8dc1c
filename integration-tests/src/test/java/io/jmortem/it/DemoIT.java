// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The command line as a new user tries it; also works without root. */
class DemoIT {

  @Test
  void demo() {
    Path directory = Tests.newDirectory();
    String output =
        Tests.run(
            Tests.checkout().resolve("jmortem").toString(),
            "demo",
            "--dir",
            directory.resolve("reports").toString());

    assertTrue(output.contains("JMORTEM   vm-crash"), output);
    assertTrue(output.contains("CrashingShop.writePrice"), output);
    assertEquals(1, Tests.list(directory.resolve("reports")).size());
  }

  @Test
  void usage() {
    String help = jmortem("--help");
    assertTrue(help.contains("demo") && help.contains("-javaagent"), help);
    String version = jmortem("--version");
    assertTrue(
        version.matches(
            "jmortem \\S+ \\(commit \\w+\\)\njmortem-helper \\S+ protocol \\d+ libbpf 1\\.\\d+\nJava .*\n"),
        version);
    assertTrue(jmortem("completion").startsWith("#!/usr/bin/env bash"));
    assertTrue(jmortem("frobnicate").contains("Unmatched argument"), jmortem("frobnicate"));
    assertTrue(jmortem("rebuild", "/nowhere").contains("not a report's directory"));
  }

  private static String jmortem(String... arguments) {
    String[] command = new String[arguments.length + 1];
    command[0] = Tests.checkout().resolve("jmortem").toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    return Tests.run(command);
  }
}
