// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks a stack from a known place down to the thread's first frame, as {@code frame_x86.cpp} does.
 * Layouts are in words of 8 bytes; those of interpreted frames come from {@code frame_x86.hpp}.
 */
final class FrameWalker {

  /** More frames than a stack of 8 MiB holds. */
  static final int MAX_FRAMES = 16_384;

  private static final int WORD = 8;

  /** Words for locks, arguments of a callee, and the interpreter's own data. */
  private static final int MAX_INTERPRETED_EXTRA = 1024;

  private static final int INTERPRETED_SENDER_SP = -1 * WORD;
  private static final int INTERPRETED_METHOD = -3 * WORD;

  /**
   * What a walk found.
   *
   * @param frames newest first
   * @param isWhole whether it reached the bottom, or the limit of frames
   * @param error why frames are missing, or null
   */
  record Result(List<Frame> frames, boolean isWhole, @Nullable String error) {}

  private final HotSpotVm vm;
  private final ProcessMemory memory;
  private final FrameLocks locks;
  private final UpcallStubs upcalls;
  private final int interpretedBcp;

  FrameWalker(HotSpotVm vm) {
    this.vm = vm;
    this.memory = vm.memory;
    this.locks = new FrameLocks(vm);
    this.upcalls = new UpcallStubs(vm);
    this.interpretedBcp = vm.version.interpretedBcpSlot() * WORD;
  }

  /**
   * Walks from a place whose pc is a return address.
   *
   * @param continuation the frames of a virtual thread that are not on the stack
   */
  Result walk(Cursor start, StackBounds stack, ContinuationFrames continuation) {
    List<Frame> frames = new ArrayList<>();
    String error = null;
    boolean isWhole = false;
    try {
      Cursor cursor = start;
      boolean afterStub = false;
      while (cursor != null && frames.size() < MAX_FRAMES) {
        Cursor next = step(cursor, stack, frames, continuation, afterStub);
        afterStub = isStub(cursor.pc());
        if (next != null && (next.sp() < lowestCaller(cursor) || !stack.isSp(next.sp()))) {
          throw new BrokenStructureException("a caller's frame below its callee's", next.sp());
        }
        cursor = next;
      }
      isWhole = true;
      error = cursor == null ? null : "the oldest frames are left out, beyond " + MAX_FRAMES;
    } catch (BrokenStructureException e) {
      error = "the stack is broken: " + e.getMessage();
    }
    return new Result(frames, isWhole, error);
  }

  /** Every frame has at least a return address, except the return barrier, which has no place. */
  private long lowestCaller(Cursor at) {
    CodeBlob blob = vm.codeCache.find(at.pc());
    return blob != null && blob.isContinuationBarrier() ? at.sp() : at.sp() + WORD;
  }

  private boolean isStub(long pc) {
    CodeBlob blob = vm.codeCache.isInterpreter(pc) ? null : vm.codeCache.find(pc);
    return blob != null && blob.nmethod() == null;
  }

  /** Adds the frames at a place. Returns the place of their caller, or null at the bottom. */
  private @Nullable Cursor step(
      Cursor at,
      StackBounds stack,
      List<Frame> frames,
      ContinuationFrames continuation,
      boolean afterStub) {
    if (at.pc() == vm.anchors.callStubReturn) {
      if (!stack.isSp(at.fp())) {
        throw new BrokenStructureException("an entry frame without fp", at.fp());
      }
      long wrapper = memory.word(at.fp() + vm.anchors.callWrapperFromFp);
      return vm.anchors.read(wrapper + vm.anchors.inCallWrapper);
    }
    if (vm.codeCache.isInterpreter(at.pc())) {
      frames.add(interpretedFrame(at, stack, 0));
      return interpretedCaller(at, stack);
    }
    CodeBlob blob = vm.codeCache.find(at.pc());
    if (blob == null) {
      throw new BrokenStructureException("no code", at.pc());
    }
    if (blob.nmethod() != null) {
      // C1 calls some stubs, such as the one for monitorexit, without describing the place
      addCompiled(at, blob, !(afterStub && vm.calls.endAt(at.pc())), frames);
      return fixedSizeCaller(at, blob.frameSize());
    }
    if (blob.isContinuationBarrier()) {
      return continuation.addFrames(at, stack, frames);
    }
    if (upcalls.isUpcallStub(blob)) {
      return upcalls.caller(at, blob, stack);
    }
    return blob.frameSize() > 0 ? fixedSizeCaller(at, blob.frameSize()) : linkedCaller(at, stack);
  }

  /** Whether a pc may be a return address. */
  boolean isReturnAddress(long pc) {
    if (pc == vm.anchors.callStubReturn || vm.codeCache.isInterpreter(pc)) {
      return true;
    }
    CodeBlob blob = vm.codeCache.find(pc);
    if (blob == null) {
      return false;
    }
    return blob.nmethod() == null
        || blob.nmethod().isDeoptHandler(pc)
        || vm.scopeDescs.isReturnAddress(blob, pc);
  }

  // ---- interpreted

  /**
   * The frame of an interpreted method.
   *
   * @param bcpRegister the register with the address of the bytecode, if the thread is running
   */
  Frame interpretedFrame(Cursor at, StackBounds stack, long bcpRegister) {
    JavaMethod method = interpretedMethod(at, stack);
    long bcp = bcpRegister;
    if (!isWithin(method, bcp)) {
      bcp = memory.word(at.fp() + interpretedBcp);
    }
    if (!method.isNative() && !isWithin(method, bcp)) {
      throw new BrokenStructureException("a bytecode outside its method", bcp);
    }
    int bci = method.isNative() ? 0 : (int) (bcp - method.code());
    return Frame.java(
        Frame.Kind.INTERPRETED,
        method,
        bci,
        at.pc(),
        at.sp(),
        at.trust(),
        locks.ofInterpreted(at.fp(), stack));
  }

  private static boolean isWithin(JavaMethod method, long bcp) {
    return bcp >= method.code() && bcp < method.code() + method.codeSize();
  }

  private JavaMethod interpretedMethod(Cursor at, StackBounds stack) {
    if (!stack.isSp(at.fp()) || at.fp() < at.sp()) {
      throw new BrokenStructureException("an interpreted frame without fp", at.fp());
    }
    JavaMethod method = vm.methods.at(memory.word(at.fp() + INTERPRETED_METHOD));
    if (at.fp() - at.sp() > (long) (method.maxStack() + MAX_INTERPRETED_EXTRA) * WORD) {
      throw new BrokenStructureException("an interpreted frame of impossible size", at.sp());
    }
    return method;
  }

  Cursor interpretedCaller(Cursor at, StackBounds stack) {
    long unextendedSp = memory.word(at.fp() + INTERPRETED_SENDER_SP);
    if (!stack.isSp(unextendedSp) || unextendedSp <= at.fp()) {
      throw new BrokenStructureException("an interpreted frame's sender sp", unextendedSp);
    }
    return new Cursor(
        memory.word(at.fp() + WORD),
        at.fp() + 2 * WORD,
        unextendedSp,
        memory.word(at.fp()),
        at.trust());
  }

  // ---- compiled, and stubs

  /**
   * Adds the methods of a compiled frame.
   *
   * @param isCaller whether the pc is a return address, for which a PcDesc must exist
   */
  void addCompiled(Cursor at, CodeBlob blob, boolean isCaller, List<Frame> frames) {
    long pc = at.pc();
    if (blob.requireNMethod().isDeoptHandler(pc)) {
      pc = memory.word(at.unextendedSp() + blob.requireNMethod().originalPcOffset());
      if (!blob.contains(pc)) {
        throw new BrokenStructureException("the original pc of a deoptimized frame", pc);
      }
    }
    ScopeDescs.Scopes scopes = vm.scopeDescs.at(blob, pc);
    List<ScopeDesc> list = scopes.list();
    if (isCaller && !scopes.exact() && !list.get(0).method().isNative()) {
      throw new BrokenStructureException("an invalid return address", pc);
    }
    for (int i = 0; i < list.size(); i++) {
      ScopeDesc scope = list.get(i);
      Frame.Kind kind = i < list.size() - 1 ? Frame.Kind.INLINED : Frame.Kind.COMPILED;
      frames.add(
          Frame.java(
              kind,
              scope.method(),
              scope.bci(),
              pc,
              at.sp(),
              at.trust(),
              // between two PcDescs, a slot may hold anything
              scopes.exact() ? locks.ofCompiled(at, blob, scope) : List.of()));
    }
  }

  Cursor fixedSizeCaller(Cursor at, int frameSize) {
    if (frameSize <= 0) {
      throw new BrokenStructureException("a frame without size", at.sp());
    }
    long sp = at.unextendedSp() + (long) frameSize * WORD;
    return new Cursor(memory.word(sp - WORD), sp, sp, memory.word(sp - 2 * WORD), at.trust());
  }

  private Cursor linkedCaller(Cursor at, StackBounds stack) {
    if (!stack.isSp(at.fp()) || at.fp() < at.sp()) {
      throw new BrokenStructureException("a stub's frame without fp", at.fp());
    }
    long sp = at.fp() + 2 * WORD;
    return new Cursor(memory.word(sp - WORD), sp, sp, memory.word(at.fp()), at.trust());
  }
}
