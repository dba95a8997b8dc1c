// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * The dynamic symbols of a library, read from its mapping: the file may have been replaced, or be
 * in another root directory. For layouts see elf(5), and binutils' description of DT_GNU_HASH.
 */
final class ElfDynamicSymbols {

  private static final int MAGIC = 0x464c457f;
  private static final int CLASS_64 = 2;
  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int DT_STRTAB = 5;
  private static final int DT_SYMTAB = 6;
  private static final int DT_GNU_HASH = 0x6ffffef5;
  private static final int MAX_HEADERS = 64;
  private static final int MAX_DYNAMIC = 256;
  private static final int MAX_CHAIN = 4096;
  private static final int SYMBOL_SIZE = 24;
  private static final int MAX_SYMBOLS = 100_000;
  private static final int MAX_NAME = 512;

  private final ProcessMemory memory;
  private final long bias;
  private long symbols;
  private long strings;
  private long hash;
  private int count;

  /**
   * @param base where the file's first byte is mapped
   * @throws BrokenStructureException if there is no library with a GNU hash table
   */
  ElfDynamicSymbols(ProcessMemory memory, long base) {
    this.memory = memory;
    if (memory.int4(base) != MAGIC || memory.uint1(base + 4) != CLASS_64) {
      throw new BrokenStructureException("no 64-bit ELF header", base);
    }
    long headers = base + memory.word(base + 32);
    int size = memory.uint2(base + 54);
    int count = Math.min(memory.uint2(base + 56), MAX_HEADERS);
    long first = -1;
    long dynamic = -1;
    for (int i = 0; i < count; i++) {
      long header = headers + (long) i * size;
      int type = memory.int4(header);
      long virtual = memory.word(header + 16);
      if (type == PT_LOAD && first < 0) {
        first = virtual & -4096;
      } else if (type == PT_DYNAMIC) {
        dynamic = virtual;
      }
    }
    if (first < 0 || dynamic < 0) {
      throw new BrokenStructureException("an ELF file without dynamic section", base);
    }
    bias = base - first;
    readDynamic(bias + dynamic);
    if (symbols == 0 || strings == 0 || hash == 0) {
      throw new BrokenStructureException("an ELF file without GNU hash table", base);
    }
  }

  private void readDynamic(long dynamic) {
    for (int i = 0; i < MAX_DYNAMIC; i++) {
      long tag = memory.word(dynamic + 16L * i);
      long value = memory.word(dynamic + 16L * i + 8);
      if (tag == 0) {
        return;
      } else if (tag == DT_STRTAB) {
        strings = absolute(value);
      } else if (tag == DT_SYMTAB) {
        symbols = absolute(value);
      } else if (tag == DT_GNU_HASH) {
        hash = absolute(value);
      }
    }
  }

  /** glibc relocates these entries in place, musl does not. */
  private long absolute(long value) {
    return Long.compareUnsigned(value, bias) >= 0 ? value : bias + value;
  }

  /** The address of a symbol, or 0. */
  long find(String name) {
    int buckets = memory.int4(hash);
    int firstHashed = memory.int4(hash + 4);
    int bloomWords = memory.int4(hash + 8);
    if (buckets <= 0 || bloomWords < 0) {
      throw new BrokenStructureException("GNU hash table", hash);
    }
    long bucketTable = hash + 16 + 8L * bloomWords;
    long chainTable = bucketTable + 4L * buckets;
    int wanted = hashOf(name);
    int index = memory.int4(bucketTable + 4L * Integer.remainderUnsigned(wanted, buckets));
    for (int i = 0; i < MAX_CHAIN && index >= firstHashed && index != 0; i++, index++) {
      int found = memory.int4(chainTable + 4L * (index - firstHashed));
      if ((found | 1) == (wanted | 1) && isNamed(index, name)) {
        return bias + memory.word(symbols + (long) SYMBOL_SIZE * index + 8);
      }
      if ((found & 1) != 0) {
        break;
      }
    }
    return 0;
  }

  /** A function, or a variable. */
  record Symbol(String name, long address) {}

  /** The symbol that contains an address; null if there is none. */
  @Nullable Symbol at(long address) {
    int end = count();
    for (int i = 0; i < end; i++) {
      long symbol = symbols + (long) SYMBOL_SIZE * i;
      long start = bias + memory.word(symbol + 8);
      long size = memory.word(symbol + 16);
      boolean isDefined = memory.uint2(symbol + 6) != 0;
      if (isDefined && size > 0 && address >= start && address - start < size) {
        long name = memory.int4(symbol) & 0xffffffffL;
        return new Symbol(memory.cString(strings + name, MAX_NAME), start);
      }
    }
    return null;
  }

  /** The number of symbols; only the hash table shows it: its last chain has the last symbol. */
  private int count() {
    if (count == 0) {
      int buckets = memory.int4(hash);
      int firstHashed = memory.int4(hash + 4);
      long bucketTable = hash + 16 + 8L * memory.int4(hash + 8);
      int last = 0;
      for (int i = 0; i < buckets && i < MAX_SYMBOLS; i++) {
        last = Math.max(last, memory.int4(bucketTable + 4L * i));
      }
      long chainTable = bucketTable + 4L * buckets;
      while (last >= firstHashed
          && last < MAX_SYMBOLS
          && (memory.int4(chainTable + 4L * (last - firstHashed)) & 1) == 0) {
        last++;
      }
      count = Math.min(Math.max(last + 1, 1), MAX_SYMBOLS);
    }
    return count;
  }

  private boolean isNamed(int index, String name) {
    long nameOffset = memory.int4(symbols + (long) SYMBOL_SIZE * index) & 0xffffffffL;
    return memory.cString(strings + nameOffset, name.length() + 1).equals(name);
  }

  private static int hashOf(String name) {
    int hash = 5381;
    for (int i = 0; i < name.length(); i++) {
      hash = hash * 33 + name.charAt(i);
    }
    return hash;
  }
}
