// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.List;

/**
 * Reads what follows the return barrier of a mounted virtual thread: its older frames, which are
 * still in the heap, and the place on the carrier's stack where the continuation was entered.
 */
final class ContinuationFrames {

  /** The entry is directly above the oldest frame, apart from arguments and alignment. */
  private static final int SEARCHED_WORDS = 64;

  private final HotSpotVm vm;
  private final FrameWalker walker;
  private final StackChunks chunks;
  private final JavaThread thread;

  ContinuationFrames(HotSpotVm vm, FrameWalker walker, StackChunks chunks, JavaThread thread) {
    this.vm = vm;
    this.walker = walker;
    this.chunks = chunks;
    this.thread = thread;
  }

  /** Adds the older frames. Returns the place of the continuation's entry, or of its caller. */
  Cursor addFrames(Cursor at, StackBounds stack, List<Frame> frames) {
    if (thread.mountedVirtualThread() == 0) {
      throw new BrokenStructureException("a return barrier without virtual thread", at.sp());
    }
    List<Frame> older = chunks.frames(vm.oops.object(thread.mountedVirtualThread(), "cont"));
    // while it yields, its frames are both in the heap and on the stack
    if (older.isEmpty() || !older.get(0).isYield()) {
      frames.addAll(older);
    }
    int entryOffset = vm.structs.offsetOrNone("JavaThread._cont_entry");
    if (entryOffset >= 0 && vm.structs.has("ContinuationEntry._return_pc")) {
      long entry = vm.memory.word(thread.address() + entryOffset);
      long pc = vm.structs.staticWord("ContinuationEntry._return_pc");
      CodeBlob blob = vm.codeCache.find(pc);
      if (blob == null || blob.nmethod() == null) {
        throw new BrokenStructureException("a continuation's entry without code", pc);
      }
      return new Cursor(pc, entry, entry, 0, at.trust());
    }
    return searchCaller(at, stack);
  }

  /** A continuation is entered only by {@code Continuation.run}. */
  private Cursor searchCaller(Cursor at, StackBounds stack) {
    for (int i = 1; i <= SEARCHED_WORDS; i++) {
      long sp = at.sp() + 8L * i;
      if (!stack.contains(sp)) {
        break;
      }
      Cursor caller =
          new Cursor(vm.memory.word(sp - 8), sp, sp, vm.memory.word(sp - 16), at.trust());
      if (walker.isReturnAddress(caller.pc()) && isContinuationRun(caller, stack)) {
        return caller;
      }
    }
    throw new BrokenStructureException("a continuation's entry without caller", at.sp());
  }

  private boolean isContinuationRun(Cursor at, StackBounds stack) {
    try {
      if (vm.codeCache.isInterpreter(at.pc())) {
        return isRun(walker.interpretedFrame(at, stack, 0));
      }
      CodeBlob blob = vm.codeCache.find(at.pc());
      if (blob == null || blob.nmethod() == null) {
        return false;
      }
      List<ScopeDesc> scopes = vm.scopeDescs.at(blob, at.pc()).list();
      JavaMethod method = scopes.get(0).method();
      return method.name().equals("run") && method.className().equals(VirtualThreads.CONTINUATION);
    } catch (BrokenStructureException e) {
      return false;
    }
  }

  private static boolean isRun(Frame frame) {
    return frame.is(VirtualThreads.CONTINUATION, "run");
  }
}
