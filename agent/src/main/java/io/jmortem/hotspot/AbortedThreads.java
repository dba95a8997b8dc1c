// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.proc.MemoryMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the thread that called abort(), if the call was not recorded. Its stack holds a return
 * address inside abort() itself, which the raise() of the fatal signal would have returned to.
 */
final class AbortedThreads {

  /** 32 KiB that were never written: usually the stack did not reach further down. */
  private static final int UNTOUCHED_PAGES = 8;

  /** 8 MiB: the limit of most stacks. */
  private static final int MAX_PAGES = 2048;

  private static final int PAGE = 4096;

  /** Longer than the code of abort() in any C library. */
  private static final int MAX_SIZE = 4096;

  private static final int WORD = 8;
  private static final int MAX_PROLOGUE = 8;

  private final ProcessMemory memory;
  private final NativeStack natives;
  private final long abort;

  AbortedThreads(ProcessMemory memory, MemoryMap map, NativeStack natives) {
    this.memory = memory;
    this.natives = natives;
    this.abort = find(memory, map);
  }

  /** Whether the C library is one in which abort() can be found. */
  boolean canBeFound() {
    return abort != 0;
  }

  private static long find(ProcessMemory memory, MemoryMap map) {
    for (MemoryMap.Mapping mapping : map.mappings()) {
      String name = mapping.path().substring(mapping.path().lastIndexOf('/') + 1);
      if (mapping.offset() == 0 && (name.startsWith("libc.so") || name.startsWith("libc-"))) {
        try {
          return new ElfDynamicSymbols(memory, mapping.start()).find("abort");
        } catch (BrokenStructureException e) {
          // another C library, or no C library
        }
      }
    }
    return 0;
  }

  /**
   * The place of a thread in abort(); null if it was not in abort().
   *
   * @param from where its native frames end: where Java frames begin, or at the end of the stack
   * @param whole whether to continue below unwritten memory, as with large local variables
   */
  @Nullable Registers registers(StackBounds stack, long from, boolean whole) {
    int untouched = 0;
    long end = from & -WORD;
    try {
      // downwards: data below the stack pointer is older than the call
      for (int i = 0; i < MAX_PAGES && (whole || untouched < UNTOUCHED_PAGES); i++) {
        long start = Math.max((end - 1) & -PAGE, stack.low());
        if (end <= stack.low() || !memory.isReadable(start)) {
          return null;
        }
        untouched = memory.isZero(start) ? untouched + 1 : 0;
        Registers found = untouched > 0 ? null : inPage(start, end);
        if (found != null) {
          return found;
        }
        end = start;
      }
    } catch (BrokenStructureException e) {
      // the stack can't be read
    }
    return null;
  }

  private @Nullable Registers inPage(long start, long end) {
    for (long sp = end - WORD; sp >= start; sp -= WORD) {
      long pc = memory.word(sp);
      if (pc > abort && pc - abort < MAX_SIZE && natives.isIn(pc - 1, "abort")) {
        return new Registers(pc, sp + WORD + frameSize(), 0, 0);
      }
    }
    return null;
  }

  /**
   * How far the stack pointer moved since abort() was entered: its first instructions push
   * registers and reserve space. The frame in between holds leftovers of other calls.
   */
  private long frameSize() {
    long at = abort;
    long size = 0;
    if (memory.int4(at) == 0xfa1e0ff3) { // endbr64
      at += 4;
    }
    for (int i = 0; i < MAX_PROLOGUE; i++) {
      int first = memory.uint1(at);
      int second = memory.uint1(at + 1);
      boolean isExtended = first == 0x41;
      if (((isExtended ? second : first) & 0xf8) == 0x50) { // push
        size += WORD;
        at += isExtended ? 2 : 1;
      } else if (first == 0x48 && second == 0x83 && memory.uint1(at + 2) == 0xec) {
        return size + memory.uint1(at + 3); // sub imm8, %rsp
      } else if (first == 0x48 && second == 0x81 && memory.uint1(at + 2) == 0xec) {
        return size + memory.int4(at + 3); // sub imm32, %rsp
      } else if ((first & 0xfb) == 0x48
          && second == 0x8d
          && (memory.uint1(at + 2) & 0xc7) == 0x05) {
        at += 7; // lea disp32(%rip), any register
      } else {
        return size;
      }
    }
    return size;
  }
}
