// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The level that doctor reports is the level of a JVM. */
class DoctorIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  private static String text(Cli cli) {
    return String.join("\n", cli.stdout());
  }

  @Test
  void full() {
    Cli cli = Cli.run("doctor", "--rehearse");

    assertEquals(0, cli.status(), cli::stderr);
    assertTrue(text(cli).startsWith("LEVEL     full"), () -> text(cli));
    assertTrue(text(cli).contains("VERDICT   vm-crash (certain)"), () -> text(cli));
    assertTrue(text(cli).contains(" ms  stopped, to be read"), () -> text(cli));
    assertEquals(List.of(), Tests.list(cli.directory().resolve("jmortem-reports")));
  }

  @Test
  void ordinaryUser() {
    Cli cli =
        Cli.startBelow(
                List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
                "doctor",
                "--json")
            .finish();

    assertEquals(1, cli.status());
    assertTrue(text(cli).contains("\"level\" : \"memory\""), () -> text(cli));
    assertTrue(text(cli).contains("without CAP_BPF"), () -> text(cli));
    assertTrue(text(cli).contains("jmortem doctor --advice "), () -> text(cli));
  }

  /** A rootless container. */
  @Test
  void userNamespace() {
    Cli cli = Cli.startBelow(List.of("unshare", "-Ur"), "doctor").finish();

    assertEquals(1, cli.status());
    assertTrue(text(cli).startsWith("LEVEL     memory"), () -> text(cli));
    assertTrue(text(cli).contains("BPF is not allowed in it"), () -> text(cli));
  }

  @Test
  void advice() {
    for (String what : List.of("setcap", "systemd", "docker", "kubernetes")) {
      Cli cli = Cli.run("doctor", "--advice", what);
      assertEquals(0, cli.status());
      assertFalse(cli.stdout().isEmpty());
    }
    assertEquals(2, Cli.run("doctor", "--advice", "cooking").status());
  }
}
