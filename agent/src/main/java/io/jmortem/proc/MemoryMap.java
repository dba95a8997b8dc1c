// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code /proc/PID/maps}.
 *
 * @param mappings in the order of their addresses, as the kernel lists them
 */
public record MemoryMap(List<Mapping> mappings) {

  private static final Pattern LINE =
      Pattern.compile(
          "(\\p{XDigit}{1,16})-(\\p{XDigit}{1,16}) (\\S{4}) (\\p{XDigit}{1,16}) (\\S+) (\\d{1,19}) *(.*)");

  /**
   * One line. Addresses are unsigned.
   *
   * @param path of the file, or a name in brackets such as {@code [stack]}; empty if anonymous
   */
  public record Mapping(
      long start,
      long end,
      String permissions,
      long offset,
      String device,
      long inode,
      String path) {

    /** Whether the address lies in it. */
    public boolean contains(long address) {
      return Long.compareUnsigned(address, start) >= 0 && Long.compareUnsigned(address, end) < 0;
    }

    /** Whether a file is mapped here, rather than memory or something of the kernel's. */
    public boolean isFile() {
      return path.startsWith("/") && inode != 0;
    }
  }

  /** Parses the text; lines that are none are left out. */
  public static MemoryMap parse(String text) {
    List<Mapping> mappings = new ArrayList<>();
    text.lines().forEach(line -> parseLine(line).ifPresent(mappings::add));
    return new MemoryMap(List.copyOf(mappings));
  }

  private static Optional<Mapping> parseLine(String line) {
    Matcher matcher = LINE.matcher(line);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Mapping(
              Long.parseUnsignedLong(matcher.group(1), 16),
              Long.parseUnsignedLong(matcher.group(2), 16),
              matcher.group(3),
              Long.parseUnsignedLong(matcher.group(4), 16),
              matcher.group(5),
              Long.parseLong(matcher.group(6)),
              matcher.group(7)));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** The mapping that an address lies in. */
  public Optional<Mapping> find(long address) {
    return mappings.stream().filter(mapping -> mapping.contains(address)).findFirst();
  }
}
