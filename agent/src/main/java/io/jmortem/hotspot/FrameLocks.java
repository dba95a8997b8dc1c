// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The objects that a frame has locked. */
final class FrameLocks {

  private static final int WORD = 8;
  private static final int MAX_LOCKS = 256;

  /** Since 22, the monitor top is not an address but a number of words from fp. */
  private static final long MAX_RELATIVE_WORDS = 1 << 20;

  // Location, location.hpp: four bits of type, one for a register, then an offset in 4 bytes
  private static final int TYPE_MASK = 0xf;
  private static final int TYPE_OOP = 2;
  private static final int TYPE_NARROW_OOP = 9;
  private static final int IN_REGISTER = 0x10;
  private static final int OFFSET_SHIFT = 5;

  /** VMReg counts two halves of each register: rax, rcx, rdx, rbx, rsp, rbp. */
  private static final int RBP = 10;

  private final HotSpotVm vm;
  private final int lockSize;
  private final int object;
  private final int monitorTop;

  FrameLocks(HotSpotVm vm) {
    this.vm = vm;
    this.lockSize = vm.structs.size("BasicObjectLock");
    this.object = vm.structs.offset("BasicObjectLock._obj");
    this.monitorTop = vm.version.monitorTopSlot() * WORD;
  }

  /** BasicObjectLocks are between the monitor top and the word that holds it, the newest lowest. */
  List<Long> ofInterpreted(long fp, StackBounds stack) {
    long bottom = fp + monitorTop;
    long top = vm.memory.word(bottom);
    if (Math.abs(top) < MAX_RELATIVE_WORDS) {
      top = fp + top * WORD;
    }
    if (!stack.isSp(top) || top >= bottom) {
      return List.of();
    }
    List<Long> locked = new ArrayList<>();
    for (int i = 0; i < MAX_LOCKS && top + i * (long) lockSize < bottom; i++) {
      add(vm.memory.word(top + i * (long) lockSize + object), locked);
    }
    return locked;
  }

  List<Long> ofCompiled(Cursor at, CodeBlob blob, ScopeDesc scope) {
    if (scope.monitors().isEmpty()) {
      return List.of();
    }
    List<Long> locked = new ArrayList<>();
    for (ScopeDesc.Monitor monitor : scope.monitors()) {
      if (!monitor.isEliminated()) {
        add(object(at, blob, monitor), locked);
      }
    }
    Collections.reverse(locked); // newest first, as in an interpreted frame
    return locked;
  }

  private long object(Cursor at, CodeBlob blob, ScopeDesc.Monitor monitor) {
    if (monitor.isConstant()) { // indices begin at 1
      return monitor.location() <= 0
          ? 0
          : vm.memory.word(blob.requireNMethod().oops() + 8L * (monitor.location() - 1));
    }
    int offset = monitor.location() >>> OFFSET_SHIFT;
    if ((monitor.location() & IN_REGISTER) != 0 && offset != RBP) {
      return 0; // other registers are not preserved by calls
    }
    boolean isInRbp = (monitor.location() & IN_REGISTER) != 0;
    long slot = at.unextendedSp() + 4L * offset;
    return switch (monitor.location() & TYPE_MASK) {
      case TYPE_OOP -> isInRbp ? at.fp() : vm.memory.word(slot);
      case TYPE_NARROW_OOP -> vm.oops.decodeNarrow(isInRbp ? (int) at.fp() : vm.memory.int4(slot));
      default -> 0;
    };
  }

  private static void add(long oop, List<Long> locked) {
    if (oop != 0) {
      locked.add(oop);
    }
  }
}
