// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code /proc/PID/maps}.
 *
 * @param mappings in the order of their addresses, as the kernel lists them
 */
public record MemoryMap(List<Mapping> mappings) {

  /**
   * One line. Addresses are unsigned.
   *
   * @param path the path of the file, or a name in brackets such as {@code [stack]}; empty if
   *     anonymous
   */
  public record Mapping(
      long start,
      long end,
      String permissions,
      long offset,
      String device,
      long inode,
      String path) {

    /** Whether the mapping contains the address. */
    public boolean contains(long address) {
      return Long.compareUnsigned(address, start) >= 0 && Long.compareUnsigned(address, end) < 0;
    }

    /** Whether a file is mapped here, rather than anonymous memory or kernel data. */
    public boolean isFile() {
      return path.startsWith("/") && inode != 0;
    }
  }

  /** Parses the text; malformed lines are left out. */
  public static MemoryMap parse(String text) {
    List<Mapping> mappings = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int end = text.indexOf('\n', at);
      Mapping mapping = parseLine(text.substring(at, end < 0 ? text.length() : end));
      if (mapping != null) {
        mappings.add(mapping);
      }
      at = end < 0 ? text.length() : end + 1;
    }
    return new MemoryMap(List.copyOf(mappings));
  }

  /** Parses without a regular expression, which is too slow in a cold JVM while a process waits. */
  private static @Nullable Mapping parseLine(String line) {
    int[] spaces = new int[5];
    int found = 0;
    for (int at = line.indexOf(' '); at >= 0 && found < 5; at = line.indexOf(' ', at + 1)) {
      spaces[found++] = at;
    }
    int dash = line.indexOf('-');
    if (found < 4 || dash < 0 || dash > spaces[0] || spaces[1] - spaces[0] != 5) {
      return null;
    }
    int inodeEnd = found == 5 ? spaces[4] : line.length();
    try {
      return new Mapping(
          Long.parseUnsignedLong(line.substring(0, dash), 16),
          Long.parseUnsignedLong(line.substring(dash + 1, spaces[0]), 16),
          line.substring(spaces[0] + 1, spaces[1]),
          Long.parseUnsignedLong(line.substring(spaces[1] + 1, spaces[2]), 16),
          line.substring(spaces[2] + 1, spaces[3]),
          Long.parseLong(line.substring(spaces[3] + 1, inodeEnd)),
          line.substring(inodeEnd).strip());
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** The mapping that contains an address. */
  public Optional<Mapping> find(long address) {
    return mappings.stream().filter(mapping -> mapping.contains(address)).findFirst();
  }
}
