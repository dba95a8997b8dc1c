// SPDX-License-Identifier: Apache-2.0
package io.jmortem.elf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BuildIdTest {

  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  @TempDir private Path directory;

  @Test
  void ofThisJava() {
    assertTrue(BuildId.read(JAVA).orElse("").matches("\\p{XDigit}{16,64}|"));
  }

  @Test
  void whatIsNoElfFileHasNone() {
    assertEquals(Optional.empty(), BuildId.read(Path.of("/etc/passwd")));
    assertEquals(Optional.empty(), BuildId.read(Path.of("/nowhere")));
    assertEquals(Optional.empty(), BuildId.read(directory));
  }

  @Test
  void damageDoesNoHarm() throws IOException {
    byte[] elf = Arrays.copyOf(Files.readAllBytes(JAVA), 4096);
    Path file = directory.resolve("damaged");
    Random random = new Random(4);
    for (int i = 0; i < 500; i++) {
      byte[] damaged = elf.clone();
      for (int j = 0; j < 20; j++) {
        damaged[4 + random.nextInt(1020)] = (byte) random.nextInt();
      }
      Files.write(file, damaged);
      assertTrue(BuildId.read(file).orElse("").length() <= 128);
    }
  }
}
