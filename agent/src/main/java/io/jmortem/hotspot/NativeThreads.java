// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.proc.MemoryMap;
import java.util.List;

/**
 * The stacks of threads that the VM does not know as Java's, by the C library's own list of its
 * threads. It outlives them: when a process ends, the kernel's list is empty before anybody can
 * read it. Where glibc keeps what is found from the descriptor of a Java thread, by what must be
 * there: a list's neighbours point back, and the stack's place and size are those that HotSpot has
 * been told.
 */
final class NativeThreads {

  private static final int WORD = 8;
  private static final int MAX_THREADS = 10_000;

  /**
   * glibc's {@code struct pthread} is at the upper end of its stack; thread-local data is above.
   */
  private static final int MAX_DISTANCE = 1 << 16;

  private static final int DESCRIPTOR_ALIGNMENT = 64;
  private static final int MAX_DESCRIPTOR = 4096;

  /**
   * Of {@code tcbhead_t}, which is the processor's ABI: the first and the third point to itself.
   */
  private static final int SELF = 2 * WORD;

  /** The main thread's, as far as it is looked at. */
  private static final long MAIN_STACK = 8L << 20;

  private final ProcessMemory memory;
  private final MemoryMap map;

  NativeThreads(ProcessMemory memory, MemoryMap map) {
    this.memory = memory;
    this.map = map;
  }

  /**
   * Adds them, without their guard pages.
   *
   * @param known Java's threads, which are left out
   * @throws BrokenStructureException if some can't be found, such as with another C library
   */
  void addTo(List<StackBounds> stacks, List<JavaThread> known) {
    long end = endOfMainStack();
    add(new StackBounds(end - MAIN_STACK, end), known, stacks);
    Layout layout = layout(known);
    long first = layout.descriptor + layout.list;
    long node = memory.word(first);
    for (int i = 0; node != first && i < MAX_THREADS; i++, node = memory.word(node)) {
      long descriptor = node - layout.list;
      if (isDescriptor(descriptor)) { // else the list's head
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

  /** A thread's descriptor, and where in it the list is, and the stack's lower end. */
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

  /** A list of the C library's: the next one's previous, and the previous one's next is here. */
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

  /** HotSpot may have left out a guard page at the lower end; the upper one is the same. */
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

  /** As the dynamic linker was told by the kernel. */
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
