// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * {@code JavaFrameAnchor}: the place of a thread's newest Java frame, stored when the thread enters
 * native code or the VM. {@code JavaCallWrapper} keeps the previous anchor.
 */
final class JavaFrameAnchors {

  private final ProcessMemory memory;
  private final int sp;
  private final int pc;
  private final int fp;

  /** Offset of the anchor in a JavaCallWrapper. */
  final int inCallWrapper;

  /** Offset of the JavaCallWrapper's address from an entry frame's fp. */
  final int callWrapperFromFp;

  /** The return address of a Java method that the VM or JNI called. */
  final long callStubReturn;

  JavaFrameAnchors(ProcessMemory memory, VmStructs structs) {
    this.memory = memory;
    this.sp = structs.offset("JavaFrameAnchor._last_Java_sp");
    this.pc = structs.offset("JavaFrameAnchor._last_Java_pc");
    this.fp = structs.offset("JavaFrameAnchor._last_Java_fp");
    this.inCallWrapper = structs.offset("JavaCallWrapper._anchor");
    this.callWrapperFromFp =
        8 * (int) structs.constantOr("frame::entry_frame_call_wrapper_offset", -6);
    this.callStubReturn = structs.staticWord("StubRoutines._call_stub_return_address");
  }

  /** The frame that an anchor points to; null if there is none. */
  @Nullable Cursor read(long anchor) {
    long lastSp = memory.word(anchor + sp);
    if (lastSp == 0) {
      return null;
    }
    long lastPc = memory.word(anchor + pc);
    return new Cursor(
        lastPc != 0 ? lastPc : memory.word(lastSp - 8),
        lastSp,
        lastSp,
        memory.word(anchor + fp),
        Frame.Trust.CERTAIN);
  }
}
