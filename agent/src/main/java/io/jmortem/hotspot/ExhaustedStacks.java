// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * Finds the thread whose native code has used up its stack, where nobody saw it: the kernel could
 * not call HotSpot's handler on it, and has ended the process. Native code's return addresses are
 * on such a stack down to its guard pages; on others they are not, even where Java code has
 * overflowed before, since HotSpot keeps Java's own frames away from there.
 */
final class ExhaustedStacks {

  /** HotSpot's own at a Java thread's end, by default: 4 KiB red, 8 yellow, 4 reserved. */
  private static final int VM_GUARDS = 16 << 10;

  private static final int WORD = 8;

  /** So near to the guard pages is the last frame, if frames are small. */
  private static final int NEAR = 8 << 10;

  /** The same where the frame before was as large; less than what HotSpot keeps Java away by. */
  private static final int NEAR_IF_LARGE = 64 << 10;

  private final ProcessMemory memory;
  private final NativeStack natives;

  ExhaustedStacks(ProcessMemory memory, NativeStack natives) {
    this.memory = memory;
    this.natives = natives;
  }

  /**
   * Where a thread was, at least; null if its stack was not used up.
   *
   * @param isJavas whether HotSpot has guard pages at the stack's lower end
   */
  @Nullable Registers registers(StackBounds stack, boolean isJavas) {
    long low = stack.low() + (isJavas ? VM_GUARDS : 0);
    try {
      long last = returnAddress(stack, low, low + NEAR_IF_LARGE);
      if (last == 0) {
        return null;
      }
      return last - low < NEAR || isInLargeFrame(stack, low, last)
          ? new Registers(memory.word(last), last + WORD, 0, 0)
          : null;
    } catch (BrokenStructureException e) {
      return null; // no such stack
    }
  }

  /** The frame above is as large as what is left of the stack, or larger. */
  private boolean isInLargeFrame(StackBounds stack, long low, long last) {
    long next = returnAddress(stack, last + WORD, last + NEAR_IF_LARGE + NEAR);
    return next != 0 && next - last >= last - low;
  }

  /** The lowest place of one, in a part of the stack; 0 if there is none. */
  private long returnAddress(StackBounds stack, long from, long to) {
    for (long sp = from; sp < to && stack.contains(sp); sp += WORD) {
      if (natives.isReturnAddress(memory.word(sp))) {
        return sp;
      }
    }
    return 0;
  }
}
