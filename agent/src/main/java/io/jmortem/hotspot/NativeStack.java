// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.proc.MemoryMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest frames of native code on a stack: the place itself, and then all values that look like
 * return addresses: they are in the code of a file, after a call. Leftovers of calls that have
 * returned look the same, so these frames are guesses. Functions are named from the dynamic symbols
 * in memory, because the file may be deleted.
 */
final class NativeStack {

  /** The first guesses are the most useful ones. */
  private static final int MAX_FRAMES = 24;

  /** 32 KiB: return addresses further up say little about this place. */
  private static final int MAX_WORDS = 4096;

  private static final int WORD = 8;

  private final ProcessMemory memory;
  private final MemoryMap map;
  private final Map<Long, ElfDynamicSymbols> symbolsByBase = new HashMap<>();

  NativeStack(ProcessMemory memory, MemoryMap map) {
    this.memory = memory;
    this.map = map;
  }

  /**
   * The frames, newest first.
   *
   * @param end where the stack, or its part with native frames, ends; 0 if unknown
   */
  List<Frame> frames(Registers registers, long end) {
    List<Frame> frames = new ArrayList<>();
    frames.add(frame(registers.rip(), registers.rsp(), Frame.Trust.CERTAIN));
    long sp = registers.rsp() & -WORD;
    try {
      for (int i = 0; i < MAX_WORDS && frames.size() < MAX_FRAMES; i++, sp += WORD) {
        if ((end != 0 && sp >= end) || !memory.isReadable(sp)) {
          break;
        }
        long pc = memory.word(sp);
        if (isReturnAddress(pc)) {
          frames.add(frame(pc, sp + WORD, Frame.Trust.GUESSED));
        }
      }
    } catch (BrokenStructureException e) {
      // the stack ends here
    }
    return frames;
  }

  /** Whether a dynamic symbol names the function of an address. */
  boolean isIn(long pc, String function) {
    String name = nameAt(pc, pc);
    return name != null && name.startsWith(function + "+");
  }

  private Frame frame(long pc, long sp, Frame.Trust trust) {
    boolean isVm = pathOf(pc).contains("/libjvm.so");
    // after a call that never returns, the return address may begin the next function
    long place = trust == Frame.Trust.CERTAIN ? pc : pc - 1;
    return Frame.other(isVm ? Frame.Kind.VM : Frame.Kind.NATIVE, nameAt(place, pc), pc, sp, trust);
  }

  private String pathOf(long pc) {
    MemoryMap.Mapping mapping = code(pc);
    return mapping == null ? "" : mapping.path();
  }

  private MemoryMap.@Nullable Mapping code(long pc) {
    for (MemoryMap.Mapping mapping : map.mappings()) {
      if (mapping.contains(pc)) {
        return mapping.permissions().charAt(2) == 'x' && mapping.path().startsWith("/")
            ? mapping
            : null;
      }
    }
    return null;
  }

  /** Whether an address is in the code of a file, after a call. */
  boolean isReturnAddress(long pc) {
    return pc > 0 && code(pc) != null && code(pc - 7) != null && isAfterCall(pc);
  }

  /** Intel SDM 2A, CALL: E8 with 32 bits, or FF /2 with any addressing mode. */
  private boolean isAfterCall(long pc) {
    try {
      if (memory.uint1(pc - 5) == 0xe8 && code(pc + memory.int4(pc - 4)) != null) {
        return true;
      }
      for (int length = 2; length <= 7; length++) {
        if (memory.uint1(pc - length) == 0xff && isCall(memory.uint1(pc - length + 1), length)) {
          return true;
        }
      }
    } catch (BrokenStructureException e) {
      // no code
    }
    return false;
  }

  /** Whether instruction FF with this ModR/M byte is a near call of this length. */
  private static boolean isCall(int modrm, int length) {
    if ((modrm >> 3 & 7) != 2) {
      return false;
    }
    boolean hasSib = (modrm & 7) == 4;
    return switch (modrm >> 6) {
      case 3 -> length == 2;
      case 0 -> length == ((modrm & 7) == 5 ? 6 : hasSib ? 3 : 2);
      case 1 -> length == (hasSib ? 4 : 3);
      default -> length == (hasSib ? 7 : 6);
    };
  }

  /** The function and offset of an address; null if no dynamic symbol covers it. */
  private @Nullable String nameAt(long address, long pc) {
    MemoryMap.Mapping mapping = code(address);
    if (mapping == null) {
      return null;
    }
    long base = baseOf(mapping);
    if (base == 0) {
      return null;
    }
    try {
      ElfDynamicSymbols symbols = symbolsByBase.get(base);
      if (symbols == null) {
        symbols = new ElfDynamicSymbols(memory, base);
        symbolsByBase.put(base, symbols);
      }
      ElfDynamicSymbols.Symbol symbol = symbols.at(address);
      return symbol == null
          ? null
          : symbol.name() + "+0x" + Long.toHexString(pc - symbol.address());
    } catch (BrokenStructureException e) {
      return null;
    }
  }

  private long baseOf(MemoryMap.Mapping code) {
    long base = 0;
    for (MemoryMap.Mapping mapping : map.mappings()) {
      if (mapping.offset() == 0
          && mapping.inode() == code.inode()
          && mapping.path().equals(code.path())
          && Long.compareUnsigned(mapping.start(), code.start()) <= 0) {
        base = mapping.start();
      }
    }
    return base;
  }
}
