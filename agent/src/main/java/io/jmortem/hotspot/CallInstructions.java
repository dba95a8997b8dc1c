// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * Examines the call instructions before return addresses. Code that calls a leaf routine of the VM
 * has no anchor and no PcDesc there. But the target of the call distinguishes it from a stale
 * return address of a call from Java to Java.
 */
final class CallInstructions {

  /** Not a target of any call. */
  private static final long NONE = -1;

  private static final long UNKNOWN = 0;

  private final ProcessMemory memory;
  private final CodeCache codeCache;

  CallInstructions(ProcessMemory memory, CodeCache codeCache) {
    this.memory = memory;
    this.codeCache = codeCache;
  }

  /** Whether a call of any kind ends at this address. */
  boolean endAt(long pc) {
    return target(pc) != NONE || isIndirect(pc);
  }

  /** Whether a call to a stub, or out of the code cache, ends here. */
  boolean leaveJavaAt(long pc) {
    long target = target(pc);
    if (target == NONE || target == UNKNOWN || codeCache.isInterpreter(target)) {
      return false;
    }
    if (!codeCache.contains(target)) {
      return true;
    }
    CodeBlob blob = codeCache.find(target);
    return blob != null && blob.nmethod() == null;
  }

  /**
   * The target of {@code call rel32}, or of {@code call reg} after {@code mov reg, imm64}, as
   * HotSpot's assembler emits them.
   */
  private long target(long pc) {
    try {
      if (memory.uint1(pc - 5) == 0xe8) {
        return pc + memory.int4(pc - 4);
      }
      int modrm = memory.uint1(pc - 1);
      if (memory.uint1(pc - 2) != 0xff || (modrm & 0xf8) != 0xd0) {
        return NONE;
      }
      boolean isHigh = memory.uint1(pc - 3) == 0x41; // r8 to r15
      long mov = pc - (isHigh ? 13 : 12);
      boolean isLoaded =
          memory.uint1(mov) == (isHigh ? 0x49 : 0x48)
              && memory.uint1(mov + 1) == (0xb8 | (modrm & 7));
      return isLoaded ? memory.word(mov + 2) : UNKNOWN;
    } catch (BrokenStructureException e) {
      return NONE;
    }
  }

  /** {@code call [reg + disp8]}, {@code call [reg + disp32]}, {@code call [rip + disp32]}. */
  private boolean isIndirect(long pc) {
    try {
      return (memory.uint1(pc - 3) == 0xff && (memory.uint1(pc - 2) & 0xf8) == 0x50)
          || (memory.uint1(pc - 6) == 0xff
              && ((memory.uint1(pc - 5) & 0xf8) == 0x90 || memory.uint1(pc - 5) == 0x15));
    } catch (BrokenStructureException e) {
      return false;
    }
  }
}
