// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.proc.MemoryMap;
import java.util.List;

/**
 * Finds the stacks of threads that are not Java threads, from the C library's list of threads. That
 * list still exists when the process ends, while the kernel's list is then already empty. The
 * offsets in glibc's descriptors are found from the descriptor of a Java thread, by their content:
 * neighbours in a list point back, and the stack's address and size are those that HotSpot knows.
 */
final class NativeThreads {

  private static final int WORD = 8;
  private static final int MAX_THREADS = 10_000;

  /**
   * glibc's {@code struct pthread} is at the upper end of the stack; thread-local data is above.
   */
  private static final int MAX_DISTANCE = 1 << 16;

  private static final int DESCRIPTOR_ALIGNMENT = 64;
  private static final int MAX_DESCRIPTOR = 4096;

  /**
   * {@code tcbhead_t} is part of the processor's ABI: its first and third words point to itself.
   */
  private static final int SELF = 2 * WORD;

  /** How much of the main thread's stack is looked at. */
  private static final long MAIN_STACK = 8L << 20;

  private final ProcessMemory memory;
  private final MemoryMap map;

  NativeThreads(ProcessMemory memory, MemoryMap map) {
    this.memory = memory;
    this.map = map;
  }

  /**
   * Adds these stacks, without their guard pages.
   *
   * @param known the Java threads, which are left out
   * @throws BrokenStructureException if some can't be found, for instance with another C library
   */
  void addTo(List<StackBounds> stacks, List<JavaThread> known) {
    long end = endOfMainStack();
    add(new StackBounds(end - MAIN_STACK, end), known, stacks);
    Layout layout = layout(known);
    long first = layout.descriptor + layout.list;
    long node = memory.word(first);
    for (int i = 0; node != first && i < MAX_THREADS; i++, node = memory.word(node)) {
      long descriptor = node - layout.list;
      if (isDescriptor(descriptor)) { // otherwise the head of the list
        long block = memory.word(descriptor + layout.block);
        long guard = memory.word(descriptor + layout.block + 2 * WORD);
        add(new StackBounds(block + guard, descriptor), known, stacks);
      }
    }
  }

  private static void add(StackBounds stack, List<JavaThread> known, List<StackBounds> stacks) {
    for (JavaThread thread : known) {
      if (thread.stack().contains(stack.high() - WORD)) {
        return;
      }
    }
    if (stack.low() > 0 && stack.low() < stack.high()) {
      stacks.add(stack);
    }
  }

  /** A thread's descriptor, with the offsets of the list and of the stack's lower end. */
  private record Layout(long descriptor, int list, int block) {}

  private Layout layout(List<JavaThread> known) {
    for (JavaThread thread : known) {
      long descriptor = descriptor(thread.stack());
      if (descriptor != 0) {
        int list = listOffset(descriptor);
        int block = stackOffset(descriptor, thread.stack());
        if (list > 0 && block > 0) {
          return new Layout(descriptor, list, block);
        }
      }
    }
    throw new BrokenStructureException("the C library's list of threads", 0);
  }

  private long descriptor(StackBounds stack) {
    long from = (stack.high() - 1) & -DESCRIPTOR_ALIGNMENT;
    for (long at = from; at > from - MAX_DISTANCE && stack.contains(at); ) {
      if (isDescriptor(at)) {
        return at;
      }
      at -= DESCRIPTOR_ALIGNMENT;
    }
    return 0;
  }

  private boolean isDescriptor(long at) {
    return memory.isReadable(at) && memory.word(at) == at && memory.word(at + SELF) == at;
  }

  /** Whether a list is here: the next entry and the previous entry point back to it. */
  private int listOffset(long descriptor) {
    for (int i = DESCRIPTOR_ALIGNMENT; i < MAX_DESCRIPTOR; i += WORD) {
      long at = descriptor + i;
      long next = wordOrZero(at);
      long previous = wordOrZero(at + WORD);
      if (next != at
          && next != 0
          && previous != 0
          && wordOrZero(next + WORD) == at
          && wordOrZero(previous) == at) {
        return i;
      }
    }
    return 0;
  }

  /** HotSpot may exclude a guard page at the lower end; the upper ends are equal. */
  private int stackOffset(long descriptor, StackBounds stack) {
    for (int i = DESCRIPTOR_ALIGNMENT; i < MAX_DESCRIPTOR; i += WORD) {
      long low = wordOrZero(descriptor + i);
      long size = wordOrZero(descriptor + i + WORD);
      if (size > 0 && low > 0 && low <= stack.low() && low + size == stack.high()) {
        return i;
      }
    }
    return 0;
  }

  private long wordOrZero(long address) {
    return (address & WORD - 1) == 0 && memory.isReadable(address) ? memory.word(address) : 0;
  }

  /** The end of the main stack, as the kernel passed it to the dynamic linker. */
  private long endOfMainStack() {
    for (MemoryMap.Mapping mapping : map.mappings()) {
      if (mapping.offset() == 0 && mapping.path().contains("/ld-linux")) {
        long variable = new ElfDynamicSymbols(memory, mapping.start()).find("__libc_stack_end");
        return variable == 0 ? 0 : memory.word(variable);
      }
    }
    return 0;
  }
}
