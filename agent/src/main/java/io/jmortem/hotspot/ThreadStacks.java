// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The stack of one thread: decides whether a walk begins at the registers or at the anchor. */
final class ThreadStacks {

  private final HotSpotVm vm;
  private final NativeStack natives;
  private final JavaThreads javaThreads;
  private final FrameWalker walker;
  private final TopFrameFinder topFrames;
  private final StackChunks chunks;

  ThreadStacks(HotSpotVm vm, NativeStack natives, JavaThreads javaThreads) {
    this.vm = vm;
    this.natives = natives;
    this.javaThreads = javaThreads;
    this.walker = new FrameWalker(vm);
    this.topFrames = new TopFrameFinder(vm, walker);
    this.chunks = new StackChunks(vm, walker);
  }

  /**
   * The frames of a thread, including those of its mounted virtual thread; newest first.
   *
   * @param registers its registers; for the crashed thread those at the fault; null if unknown
   * @param errors receives notes about missing parts
   */
  List<Frame> frames(
      JavaThread thread, @Nullable Registers registers, boolean isCrashed, List<String> errors) {
    List<Frame> newest = new ArrayList<>();
    if (isCrashed && registers != null) {
      addNative(thread, registers, newest);
    }
    try {
      FrameWalker.Result result = walk(thread, registers, isCrashed);
      if (result.error() != null) {
        errors.add(result.error());
      }
      newest.addAll(result.frames());
    } catch (RuntimeException e) {
      errors.add(StackWalk.reason(e));
    }
    return newest;
  }

  /** The native frames from a crash outside Java code and stubs, up to the Java frames. */
  private void addNative(JavaThread thread, Registers registers, List<Frame> frames) {
    if (!topFrames.isInCodeCache(registers.rip())) {
      long end = javaSp(thread);
      boolean isBelow = Long.compareUnsigned(end, registers.rsp()) > 0;
      frames.addAll(natives.frames(registers, isBelow ? end : thread.stack().high()));
    }
  }

  /** Where Java frames begin: the anchor, or the end of the stack if there is none. */
  long javaSp(JavaThread thread) {
    try {
      Cursor anchor = vm.anchors.read(thread.anchor());
      return anchor == null ? thread.stack().high() : anchor.sp();
    } catch (BrokenStructureException e) {
      return thread.stack().high();
    }
  }

  /**
   * Walks from the registers if the thread is in Java code or has no anchor; otherwise from the
   * anchor.
   */
  private FrameWalker.Result walk(
      JavaThread thread, @Nullable Registers registers, boolean isCrashed) {
    ContinuationFrames continuation = new ContinuationFrames(vm, walker, chunks, thread);
    Cursor anchor = vm.anchors.read(thread.anchor());
    FrameWalker.Result fromRegisters = null;
    if (registers != null
        && (topFrames.isInCodeCache(registers.rip())
            || (anchor == null && (javaThreads.isInJava(thread) || isCrashed)))) {
      fromRegisters = topFrames.walk(registers, thread.stack(), continuation);
      if (fromRegisters.isWhole() || anchor == null) {
        return fromRegisters;
      }
    }
    if (anchor == null && registers == null && javaThreads.isInJava(thread)) {
      return topFrames.walkWithoutRegisters(thread.stack(), continuation);
    }
    if (anchor == null) {
      return new FrameWalker.Result(List.of(), true, null); // it was never in Java code
    }
    if (!thread.stack().isSp(anchor.sp())) {
      throw new BrokenStructureException("an anchor outside its stack", anchor.sp());
    }
    FrameWalker.Result fromAnchor = walker.walk(anchor, thread.stack(), continuation);
    return fromRegisters != null
            && !fromAnchor.isWhole()
            && fromRegisters.frames().size() > fromAnchor.frames().size()
        ? fromRegisters
        : fromAnchor;
  }

  /** The frames of a virtual thread in the heap: all its frames if it is not mounted. */
  List<Frame> framesInHeap(long virtualThread, List<String> errors) {
    List<Frame> frames = new ArrayList<>();
    try {
      chunks.addFrames(vm.oops.object(virtualThread, "cont"), frames);
    } catch (RuntimeException e) {
      errors.add("its frames: " + StackWalk.reason(e));
    }
    return frames;
  }
}
