// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.hotspot.StackDump.Search;
import io.jmortem.proc.MemoryMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the thread that ended the process, if that was not recorded, from the traces on its stack.
 * If several threads have such traces, the thread stays unknown.
 */
final class UnseenDeath {

  private static final int SIGABRT = 6;
  private static final int SIGBUS = 7;
  private static final int SIGSEGV = 11;

  /** The status after abort() of the first process of a pid namespace, which signals do not end. */
  private static final int ABORT_WITHOUT_SIGNAL = 127 << 8;

  private final ProcessMemory memory;
  private final MemoryMap map;
  private final NativeStack natives;
  private @Nullable Found found;
  private boolean isAmbiguous;

  /**
   * A thread.
   *
   * @param nativeId the tid; 0 if it is not a Java thread
   * @param registers its last known place
   */
  record Found(int nativeId, StackBounds stack, Registers registers) {}

  UnseenDeath(ProcessMemory memory, MemoryMap map, NativeStack natives) {
    this.memory = memory;
    this.map = map;
    this.natives = natives;
  }

  /** The thread that was found; null if there is none. */
  @Nullable Found found() {
    return isAmbiguous ? null : found;
  }

  /**
   * Searches.
   *
   * @return the search; null if this kind of end leaves no traces on a stack
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
