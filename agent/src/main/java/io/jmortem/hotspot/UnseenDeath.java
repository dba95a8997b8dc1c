// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.hotspot.StackDump.Search;
import io.jmortem.proc.MemoryMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the thread that has ended the process, where nobody saw it, by what its death has left on
 * its stack. Of several that look so nobody can say which it was.
 */
final class UnseenDeath {

  private static final int SIGABRT = 6;
  private static final int SIGBUS = 7;
  private static final int SIGSEGV = 11;

  /** How a process ends by abort() that no signal of its own can end: its namespace's first. */
  private static final int ABORT_WITHOUT_SIGNAL = 127 << 8;

  private final ProcessMemory memory;
  private final MemoryMap map;
  private final NativeStack natives;
  private @Nullable Found found;
  private boolean isAmbiguous;

  /**
   * A thread.
   *
   * @param nativeId the kernel's number; 0 of a thread that is not Java's
   * @param registers where it was
   */
  record Found(int nativeId, StackBounds stack, Registers registers) {}

  UnseenDeath(ProcessMemory memory, MemoryMap map, NativeStack natives) {
    this.memory = memory;
    this.map = map;
    this.natives = natives;
  }

  /** The one that was found; null if there is none. */
  @Nullable Found found() {
    return isAmbiguous ? null : found;
  }

  /**
   * Searches.
   *
   * @return what was searched for, and where; null if this end leaves nothing on a stack
   */
  @Nullable Search search(int status, List<JavaThread> threads, ThreadStacks stacks) {
    int signo = status & 0x7f;
    if (signo == SIGABRT || status == ABORT_WITHOUT_SIGNAL) {
      return searchForAbort(threads, stacks);
    }
    return signo == SIGSEGV || signo == SIGBUS ? searchForOverflow(threads) : null;
  }

  private @Nullable Search searchForAbort(List<JavaThread> threads, ThreadStacks stacks) {
    AbortedThreads aborted = new AbortedThreads(memory, map, natives);
    if (!aborted.canBeFound()) {
      return null;
    }
    List<StackBounds> others = new ArrayList<>();
    boolean all = addNativeStacks(others, threads);
    for (int pass = 0; pass < 2 && found == null; pass++) {
      boolean isWhole = pass == 1;
      for (JavaThread thread : threads) {
        StackBounds stack = thread.stack();
        record(thread.nativeId(), stack, aborted.registers(stack, stacks.javaSp(thread), isWhole));
      }
      for (StackBounds stack : others) {
        record(0, stack, aborted.registers(stack, stack.high(), isWhole));
      }
    }
    return new Search(Search.ABORT, all);
  }

  private Search searchForOverflow(List<JavaThread> threads) {
    ExhaustedStacks exhausted = new ExhaustedStacks(memory, natives);
    List<StackBounds> others = new ArrayList<>();
    boolean all = addNativeStacks(others, threads);
    for (JavaThread thread : threads) {
      record(thread.nativeId(), thread.stack(), exhausted.registers(thread.stack(), true));
    }
    for (StackBounds stack : others) {
      record(0, stack, exhausted.registers(stack, false));
    }
    return new Search(Search.OVERFLOW, all);
  }

  private boolean addNativeStacks(List<StackBounds> stacks, List<JavaThread> known) {
    try {
      new NativeThreads(memory, map).addTo(stacks, known);
      return true;
    } catch (BrokenStructureException e) {
      return false;
    }
  }

  private void record(int nativeId, StackBounds stack, @Nullable Registers registers) {
    if (registers != null) {
      isAmbiguous |= found != null;
      found = new Found(nativeId, stack, registers);
    }
  }
}
