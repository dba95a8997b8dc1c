// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The thread that ended the process: the one that the helper names, or, if that was not recorded,
 * one that a search of all stacks found.
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

  /** Whether the process is dying, and the thread that caused it was not recorded. */
  boolean isUnseen() {
    return process.crashedId() == 0 && process.status() != 0;
  }

  /** Searches all stacks for it. */
  void search(List<JavaThread> threads, ThreadStacks stacks) {
    UnseenDeath death = new UnseenDeath(memory, process.map(), natives);
    search = death.search(process.status(), threads, stacks);
    unseen = death.found();
  }

  /** The search; null if there was none. */
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

  /** Its registers; null if they are unknown. */
  @Nullable Registers registers() {
    return process.crashedId() != 0 ? process.fault() : unseen == null ? null : unseen.registers();
  }

  /** Whether the search found a thread that is not attached to the VM. */
  boolean isOutsideTheVm() {
    return unseen != null && unseen.nativeId() == 0;
  }

  /** The frames of the thread that the search found. */
  List<Frame> unseenFrames() {
    try {
      return unseen == null ? List.of() : natives.frames(unseen.registers(), unseen.stack().high());
    } catch (RuntimeException e) { // for instance the deadline
      return List.of();
    }
  }

  /** The frames of a thread that is not a Java thread; empty unless it crashed. */
  List<Frame> nativeFrames(int nativeId) {
    try {
      return is(nativeId) && process.fault() != null
          ? natives.frames(process.fault(), 0)
          : List.of();
    } catch (RuntimeException e) { // for instance the deadline
      return List.of();
    }
  }

  /** Why it called abort(); null if it did not, or the reason is unknown. */
  StackDump.@Nullable Reason reason() {
    Registers fault = registers();
    try {
      return fault == null || !natives.isIn(fault.rip(), "abort")
          ? null
          : new AbortReasons(memory, process.map())
              .find(natives.frames(fault, 0), fault, process.saved());
    } catch (RuntimeException e) { // for instance the deadline
      return null;
    }
  }
}
