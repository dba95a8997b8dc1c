// SPDX-License-Identifier: Apache-2.0
package io.jmortem.elf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfSymbolsTest {

  private static Optional<ElfSymbols> read(Path file) throws IOException {
    try (InputStream content = Files.newInputStream(file)) {
      return ElfSymbols.read(content);
    }
  }

  @TempDir private Path directory;

  /** The test's own JVM has a library that every JDK brings along. */
  @Test
  void functionOfALibrary() throws IOException {
    Path library = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
    assumeTrue(Files.exists(library));
    ElfSymbols symbols = read(library).orElseThrow();

    // somewhere in its code there is a function that covers an address, and its own first byte
    long found = 0;
    for (long at = 0; at < 1 << 18 && found == 0; at += 16) {
      found = symbols.at(at).isPresent() ? at : 0;
    }
    ElfSymbols.Symbol symbol = symbols.at(found).orElseThrow();
    assertEquals(
        Optional.of(new ElfSymbols.Symbol(symbol.name(), 0)), symbols.at(found - symbol.offset()));
    assertTrue(symbols.at(1L << 40).isEmpty());
  }

  @Test
  void noElf() throws IOException {
    Path text = Files.writeString(directory.resolve("text"), "no library".repeat(100));

    assertTrue(read(text).isEmpty());
    assertTrue(ElfSymbols.read(InputStream.nullInputStream()).isEmpty());
  }
}
