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

class BuildIdTest {

  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  @Test
  void ofThisJava() throws IOException {
    assertTrue(BuildId.read(Files.readAllBytes(JAVA)).orElse("").matches("\\p{XDigit}{16,64}|"));
  }

  @Test
  void otherFilesHaveNoBuildId() throws IOException {
    assertEquals(Optional.empty(), BuildId.read(Files.readAllBytes(Path.of("/etc/passwd"))));
    assertEquals(Optional.empty(), BuildId.read(new byte[0]));
  }

  @Test
  void damagedFiles() throws IOException {
    byte[] elf = Arrays.copyOf(Files.readAllBytes(JAVA), 4096);
    Random random = new Random(4);
    for (int i = 0; i < 500; i++) {
      byte[] damaged = elf.clone();
      for (int j = 0; j < 20; j++) {
        damaged[4 + random.nextInt(1020)] = (byte) random.nextInt();
      }
      assertTrue(BuildId.read(damaged).orElse("").length() <= 128);
    }
  }
}
