// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * {@code UpcallStub}: the frame by which native code calls Java through the foreign function
 * interface. It keeps the previous anchor, at a place that only newer VMs export.
 */
final class UpcallStubs {

  private final HotSpotVm vm;
  private final int frameDataOffset;
  private final int anchorInFrameData;

  UpcallStubs(HotSpotVm vm) {
    this.vm = vm;
    this.frameDataOffset = vm.structs.offsetOrNone("UpcallStub._frame_data_offset");
    this.anchorInFrameData = vm.structs.offsetOrNone("UpcallStub::FrameData.jfa");
  }

  boolean isUpcallStub(CodeBlob blob) {
    return blob.nmethod() == null
        && (blob.name().startsWith("upcall_stub") || blob.name().startsWith("UpcallStub"));
  }

  /** The Java frame below; null if there is only native code below. */
  @Nullable Cursor caller(Cursor at, CodeBlob blob, StackBounds stack) {
    if (frameDataOffset >= 0 && anchorInFrameData >= 0) {
      long offset = vm.memory.int4(blob.address() + frameDataOffset);
      return vm.anchors.read(at.unextendedSp() + offset + anchorInFrameData);
    }
    return search(at, blob, stack);
  }

  /** An anchor holds an address further up on this stack, and an address of code. */
  private Cursor search(Cursor at, CodeBlob blob, StackBounds stack) {
    for (int i = 0; i < blob.frameSize(); i++) {
      Cursor found = vm.anchors.read(at.unextendedSp() + 8L * i);
      if (found != null
          && found.sp() > at.sp()
          && stack.isSp(found.sp())
          && vm.codeCache.contains(found.pc())) {
        return new Cursor(
            found.pc(), found.sp(), found.unextendedSp(), found.fp(), Frame.Trust.GUESSED);
      }
    }
    throw new BrokenStructureException("an upcall's frame without anchor", at.sp());
  }
}
