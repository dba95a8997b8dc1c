// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * Finds the thread whose native code used up its stack, if that was not recorded: the kernel could
 * not call HotSpot's handler on that stack, and ended the process. Such a stack holds return
 * addresses of native code down to its guard pages. Other stacks do not, even after an overflow by
 * Java code, because HotSpot keeps Java frames away from the guard pages.
 */
final class ExhaustedStacks {

  /** HotSpot's guard zone of a Java thread, by default: 4 KiB red, 8 yellow, 4 reserved. */
  private static final int VM_GUARDS = 16 << 10;

  private static final int WORD = 8;

  /** The largest distance of the last frame from the guard pages, if frames are small. */
  private static final int NEAR = 8 << 10;

  /** The same if the frame before was as large; less than the distance HotSpot keeps for Java. */
  private static final int NEAR_IF_LARGE = 64 << 10;

  private final ProcessMemory memory;
  private final NativeStack natives;

  ExhaustedStacks(ProcessMemory memory, NativeStack natives) {
    this.memory = memory;
    this.natives = natives;
  }

  /**
   * The lowest known place of a thread; null if its stack was not used up.
   *
   * @param isJavas whether HotSpot has guard pages at the lower end of the stack
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
      return null; // the stack can't be read
    }
  }

  /** Whether the frame above is at least as large as the rest of the stack. */
  private boolean isInLargeFrame(StackBounds stack, long low, long last) {
    long next = returnAddress(stack, last + WORD, last + NEAR_IF_LARGE + NEAR);
    return next != 0 && next - last >= last - low;
  }

  /** The lowest return address in a part of the stack; 0 if there is none. */
  private long returnAddress(StackBounds stack, long from, long to) {
    for (long sp = from; sp < to && stack.contains(sp); sp += WORD) {
      if (natives.isReturnAddress(memory.word(sp))) {
        return sp;
      }
    }
    return 0;
  }
}
