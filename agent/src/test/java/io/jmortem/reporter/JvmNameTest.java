// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class JvmNameTest {

  @Test
  void mainClassOrJarOrLauncher() {
    assertEquals(
        "com.acme.Main", JvmName.of(List.of("/jdk/bin/java", "-Xmx1g", "com.acme.Main", "x")));
    assertEquals("shop.jar", JvmName.of(List.of("java", "-cp", "lib", "-jar", "/opt/shop.jar")));
    assertEquals("a.b/a.b.C", JvmName.of(List.of("java", "-p", "mods", "-m", "a.b/a.b.C")));
    assertEquals("server", JvmName.of(List.of("/opt/server", "-v")));
    assertEquals("", JvmName.of(List.of("java", "@args")));
    assertEquals("", JvmName.of(List.of()));
  }
}
