// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BuildToolTest {

  private static final Event.ThreadIds VM = new Event.ThreadIds(3, 1, 3, 1, 3, 1, "VM Thread");
  private static final Event.ThreadIds WORKER = new Event.ThreadIds(4, 1, 4, 1, 4, 1, "codec");

  private static boolean exited(String main, Event.ThreadIds by, int status) {
    return BuildTool.hasExited(
        new Evidence(
            List.of(
                new Event.ProcFile(
                    "e1", 1, "cmdline", "java\0-Xmx1g\0-cp\0x.jar\0" + main + "\0test\0", false),
                new Event.ExitCalled("e2", 2, by, 1, false, "0x1", Map.of()),
                new Event.Exit("e3", 3, by, status)),
            List.of()));
  }

  @Test
  void exits() {
    assertTrue(exited("org.codehaus.plexus.classworlds.launcher.Launcher", VM, 1 << 8));
    assertTrue(exited("org.gradle.launcher.GradleMain", VM, 1 << 8));
    assertTrue(exited("org.apache.tools.ant.launch.Launcher", VM, 2 << 8));
    assertFalse(exited("com.acme.Main", VM, 1 << 8));
    // that is none of its own
    assertFalse(exited("org.gradle.launcher.GradleMain", WORKER, 1 << 8));
    assertFalse(exited("org.gradle.launcher.GradleMain", VM, 9));
  }
}
