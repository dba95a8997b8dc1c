// SPDX-License-Identifier: Apache-2.0
package io.jmortem.elf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The functions of a 64-bit little-endian ELF file: from {@code .symtab}, which has static
 * functions, too, or from {@code .dynsym} if the file was stripped (elf(5)).
 */
public final class ElfSymbols {

  private static final int HEADER_SIZE = 64;
  private static final int SECTION_SIZE = 64;
  private static final int PROGRAM_SIZE = 56;
  private static final int SYMBOL_SIZE = 24;
  private static final int SHT_SYMTAB = 2;
  private static final int SHT_DYNSYM = 11;
  private static final int STT_FUNC = 2;
  private static final int STT_GNU_IFUNC = 10;
  private static final int PT_LOAD = 1;
  private static final int MAX_SECTIONS = 4096;
  private static final int MAX_TABLE = 256 * 1024 * 1024;
  private static final int MAX_NAME = 4096;

  /** The reporter's heap must hold one such file. */
  private static final int MAX_FILE = 128 << 20;

  /**
   * A function.
   *
   * @param name the linker's name: C++ names are mangled
   * @param offset of the address from the beginning of the function
   */
  public record Symbol(String name, long offset) {}

  private final ByteBuffer symbols;
  private final ByteBuffer names;
  private final long firstAddress;

  private ElfSymbols(ByteBuffer symbols, ByteBuffer names, long firstAddress) {
    this.symbols = symbols;
    this.names = names;
    this.firstAddress = firstAddress;
  }

  /**
   * Reads the functions; empty if the file can't be read, is not such a file, or has none.
   *
   * @param content the file from its beginning; symbols beyond {@code MAX_FILE} are not found
   */
  public static Optional<ElfSymbols> read(InputStream content) {
    try {
      return read(ByteBuffer.wrap(content.readNBytes(MAX_FILE)).order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException | RuntimeException e) { // a malformed file has no symbols
      return Optional.empty();
    }
  }

  private static Optional<ElfSymbols> read(ByteBuffer file) throws IOException {
    ByteBuffer header = bytes(file, 0, HEADER_SIZE);
    if (header.getInt(0) != 0x464c457f || header.get(4) != 2 || header.get(5) != 1) {
      return Optional.empty();
    }
    int count = Math.min(Short.toUnsignedInt(header.getShort(60)), MAX_SECTIONS);
    ByteBuffer sections = bytes(file, header.getLong(40), count * SECTION_SIZE);
    int table = find(sections, count, SHT_SYMTAB);
    table = table < 0 ? find(sections, count, SHT_DYNSYM) : table;
    if (table < 0) {
      return Optional.empty();
    }
    int strings = sections.getInt(table + 40) * SECTION_SIZE;
    return Optional.of(
        new ElfSymbols(
            section(file, sections, table),
            section(file, sections, strings),
            firstAddress(file, header)));
  }

  private static int find(ByteBuffer sections, int count, int type) {
    for (int i = 0; i < count; i++) {
      if (sections.getInt(i * SECTION_SIZE + 4) == type) {
        return i * SECTION_SIZE;
      }
    }
    return -1;
  }

  private static ByteBuffer section(ByteBuffer file, ByteBuffer sections, int at)
      throws IOException {
    long size = Math.min(sections.getLong(at + 32), MAX_TABLE);
    return bytes(file, sections.getLong(at + 24), (int) size);
  }

  /** The address of the file's first byte, if it is loaded at its preferred address. */
  private static long firstAddress(ByteBuffer file, ByteBuffer header) throws IOException {
    int count = Math.min(Short.toUnsignedInt(header.getShort(56)), MAX_SECTIONS);
    ByteBuffer programs = bytes(file, header.getLong(32), count * PROGRAM_SIZE);
    for (int i = 0; i < count; i++) {
      if (programs.getInt(i * PROGRAM_SIZE) == PT_LOAD) {
        return programs.getLong(i * PROGRAM_SIZE + 16) & -4096;
      }
    }
    return 0;
  }

  /**
   * The function that covers an address.
   *
   * @param distance of the address from the mapping of the file's first byte
   */
  public Optional<Symbol> at(long distance) {
    long address = firstAddress + distance;
    for (int at = 0; at + SYMBOL_SIZE <= symbols.limit(); at += SYMBOL_SIZE) {
      int type = symbols.get(at + 4) & 15;
      long start = symbols.getLong(at + 8);
      long size = symbols.getLong(at + 16);
      if ((type == STT_FUNC || type == STT_GNU_IFUNC)
          && address >= start
          && address - start < size) {
        return name(symbols.getInt(at)).map(name -> new Symbol(name, address - start));
      }
    }
    return Optional.empty();
  }

  private Optional<String> name(int offset) {
    int end = offset;
    while (end >= 0 && end < names.limit() && end - offset < MAX_NAME && names.get(end) != 0) {
      end++;
    }
    if (end <= offset) {
      return Optional.empty();
    }
    byte[] name = new byte[end - offset];
    names.get(offset, name);
    return Optional.of(new String(name, StandardCharsets.UTF_8));
  }

  /** Copies the text, so that the content of the file can be freed. */
  private static ByteBuffer bytes(ByteBuffer file, long position, int length) throws IOException {
    if (position < 0 || length < 0 || position + length > file.limit()) {
      throw new IOException("cut off");
    }
    byte[] copy = new byte[length];
    file.get((int) position, copy);
    return ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
  }
}
