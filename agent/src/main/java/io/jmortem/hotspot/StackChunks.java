// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.List;

/**
 * {@code jdk.internal.vm.StackChunk}: frames of a virtual thread that are in the heap, not on a
 * stack. Interpreted frames there hold numbers of words instead of addresses: see {@code
 * StackChunkFrameStream}.
 */
final class StackChunks {

  private static final int WORD = 8;
  private static final int MAX_CHUNKS = 10_000;
  private static final int INTERPRETED_SENDER_SP = -1 * WORD;
  private static final int INTERPRETED_LOCALS = -7 * WORD;

  private final HotSpotVm vm;
  private final ProcessMemory memory;
  private final FrameWalker walker;

  StackChunks(HotSpotVm vm, FrameWalker walker) {
    this.vm = vm;
    this.memory = vm.memory;
    this.walker = walker;
  }

  /** Adds the frames of a {@code jdk.internal.vm.Continuation}. */
  void addFrames(long continuation, List<Frame> frames) {
    long chunk = continuation == 0 ? 0 : vm.oops.object(continuation, "tail");
    for (int i = 0; chunk != 0 && i < MAX_CHUNKS; i++) {
      addChunk(chunk, frames);
      chunk = vm.oops.object(chunk, "parent");
    }
  }

  private void addChunk(long chunk, List<Frame> frames) {
    long start = chunk + vm.klasses.instanceSize(vm.oops.klass(chunk));
    int size = vm.oops.int4(chunk, "size");
    // arguments of the oldest frame's caller are above; up to JDK 21 their number is known
    int bottom =
        vm.oops.hasField(chunk, "bottom")
            ? vm.oops.int4(chunk, "bottom")
            : size - vm.oops.int4(chunk, "argsize");
    long sp = start + (long) vm.oops.int4(chunk, "sp") * WORD;
    long end = start + (long) bottom * WORD;
    if (size < 0 || bottom < 0 || bottom > size || sp < start) {
      throw new BrokenStructureException("a StackChunk", chunk);
    }
    StackBounds stack = new StackBounds(start, end);
    long unextendedSp = sp;
    while (sp < end && frames.size() < FrameWalker.MAX_FRAMES) {
      long pc = memory.word(sp - WORD);
      long link = sp - 2 * WORD;
      if (vm.codeCache.isInterpreter(pc)) {
        long fp = link + memory.word(link) * WORD;
        Cursor at = new Cursor(pc, sp, unextendedSp, fp, Frame.Trust.CERTAIN);
        frames.add(inHeap(walker.interpretedFrame(at, stack, 0)));
        if (fp + memory.word(fp + INTERPRETED_LOCALS) * WORD + WORD >= end) {
          return;
        }
        unextendedSp = fp + memory.word(fp + INTERPRETED_SENDER_SP) * WORD;
        sp = rising(sp, fp + 2 * WORD);
      } else {
        Cursor at = new Cursor(pc, sp, unextendedSp, 0, Frame.Trust.CERTAIN);
        CodeBlob blob = vm.codeCache.find(pc);
        if (blob == null || blob.frameSize() <= 0) {
          throw new BrokenStructureException("a frame of a StackChunk without code", pc);
        }
        if (blob.nmethod() != null) {
          List<Frame> compiled = new ArrayList<>();
          walker.addCompiled(at, blob, true, compiled);
          for (Frame frame : compiled) {
            frames.add(inHeap(frame));
          }
        }
        unextendedSp += (long) blob.frameSize() * WORD;
        sp = rising(sp, unextendedSp);
        if (sp >= end - 2 * WORD) { // the return address and link of the oldest frame come next
          return;
        }
      }
    }
  }

  private Frame inHeap(Frame frame) {
    if (frame.locked().isEmpty()) {
      return frame;
    }
    List<Long> locked = new ArrayList<>();
    for (long word : frame.locked()) {
      long oop = vm.oops.fromHeapFrame(word);
      if (oop != 0) {
        locked.add(oop);
      }
    }
    return frame.withLocked(locked);
  }

  private static long rising(long sp, long next) {
    if (next <= sp) {
      throw new BrokenStructureException("a caller's frame below its callee's", next);
    }
    return next;
  }

  /** The frames of a continuation that are in the heap. */
  List<Frame> frames(long continuation) {
    List<Frame> frames = new ArrayList<>();
    addFrames(continuation, frames);
    return frames;
  }
}
