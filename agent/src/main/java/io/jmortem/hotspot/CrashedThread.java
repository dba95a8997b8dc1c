// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The thread that ended the process: the one that the helper names, or, where nobody saw it, one
 * that a search of all stacks has found.
 */
final class CrashedThread {

  private final FrozenProcess process;
  private final ProcessMemory memory;
  private final NativeStack natives;
  private UnseenDeath.@Nullable Found unseen;
  private StackDump.@Nullable Search search;

  CrashedThread(FrozenProcess process, ProcessMemory memory, NativeStack natives) {
    this.process = process;
    this.memory = memory;
    this.natives = natives;
  }

  /** Whether the process is dying, and nobody saw of which thread. */
  boolean isUnseen() {
    return process.crashedId() == 0 && process.status() != 0;
  }

  /** Looks for it on all stacks. */
  void search(List<JavaThread> threads, ThreadStacks stacks) {
    UnseenDeath death = new UnseenDeath(memory, process.map(), natives);
    search = death.search(process.status(), threads, stacks);
    unseen = death.found();
  }

  /** What was searched for, and where; null if nothing was. */
  StackDump.@Nullable Search search() {
    return search;
  }

  boolean is(int nativeId) {
    return nativeId != 0
        && nativeId
            == (process.crashedId() != 0
                ? process.crashedId()
                : unseen == null ? 0 : unseen.nativeId());
  }

  /** Where it was; null if that is not known. */
  @Nullable Registers registers() {
    return process.crashedId() != 0 ? process.fault() : unseen == null ? null : unseen.registers();
  }

  /** Whether the search has found a thread that the VM does not know. */
  boolean isOutsideTheVm() {
    return unseen != null && unseen.nativeId() == 0;
  }

  /** The frames of the thread that the search has found. */
  List<Frame> unseenFrames() {
    try {
      return unseen == null ? List.of() : natives.frames(unseen.registers(), unseen.stack().high());
    } catch (RuntimeException e) { // such as the deadline
      return List.of();
    }
  }

  /** The frames of a thread that is not Java's; empty unless it is the crashed one. */
  List<Frame> nativeFrames(int nativeId) {
    try {
      return is(nativeId) && process.fault() != null
          ? natives.frames(process.fault(), 0)
          : List.of();
    } catch (RuntimeException e) { // such as the deadline
      return List.of();
    }
  }

  /** Why it called abort(); null if it did not, or it is not known. */
  StackDump.@Nullable Reason reason() {
    Registers fault = registers();
    try {
      return fault == null || !natives.isIn(fault.rip(), "abort")
          ? null
          : new AbortReasons(memory, process.map())
              .find(natives.frames(fault, 0), fault, process.saved());
    } catch (RuntimeException e) { // such as the deadline
      return null;
    }
  }
}
