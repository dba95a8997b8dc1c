// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the frames of a thread that was running Java code, or was in a leaf call from it: there is
 * no anchor, only registers, at any instruction whatever. A frame may be half built or half gone,
 * so several places are tried for the caller's return address, and one is taken only if the whole
 * stack can be walked from there.
 */
final class TopFrameFinder {

  private static final int WORD = 8;
  private static final int PAGE = 4096;

  /** Frames of C code that is called as a leaf, or of stubs. */
  private static final int SEARCHED_WORDS = 4096;

  private static final int MAX_TRIES = 128;

  /** 64 MiB: where there are no registers. */
  private static final int MAX_STACK_WORDS = 1 << 23;

  /** A walk that goes far, and in vain, counts as several tries. */
  private static final int FRAMES_PER_TRY = 500;

  private final HotSpotVm vm;
  private final FrameWalker walker;

  TopFrameFinder(HotSpotVm vm, FrameWalker walker) {
    this.vm = vm;
    this.walker = walker;
  }

  /** The whole stack, or a result without frames. */
  FrameWalker.Result walk(Registers registers, StackBounds stack, ContinuationFrames continuation) {
    return new Attempt(registers, stack, continuation).walk();
  }

  /**
   * The stack of a thread that was running, and of which there are no registers: nobody saw them
   * when it was killed. From the stack's end upwards, places are tried from which its bottom is
   * reached. The newest frames may be those of a call that had returned already.
   */
  FrameWalker.Result walkWithoutRegisters(StackBounds stack, ContinuationFrames continuation) {
    long from = stack.low();
    while (from < stack.high() && !vm.memory.isReadable(from)) {
      from += PAGE; // the guard pages
    }
    Registers unknown = new Registers(0, from, 0, 0);
    return new Attempt(unknown, stack, continuation).searchAll();
  }

  /** Whether a pc is Java's or the code cache's. */
  boolean isInCodeCache(long pc) {
    return vm.codeCache.isInterpreter(pc) || vm.codeCache.contains(pc);
  }

  private final class Attempt {
    private final Registers registers;
    private final StackBounds stack;
    private final ContinuationFrames continuation;
    private FrameWalker.Result best =
        new FrameWalker.Result(List.of(), false, "no Java frame was found from the registers");
    private int tries;

    Attempt(Registers registers, StackBounds stack, ContinuationFrames continuation) {
      this.registers = registers;
      this.stack = stack;
      this.continuation = continuation;
    }

    FrameWalker.Result walk() {
      try {
        if (!stack.isSp(registers.rsp() & -WORD)) {
          return withoutStack();
        }
        boolean found =
            vm.codeCache.isInterpreter(registers.rip()) ? inInterpreter() : inCompiledOrStub();
        if (!found) {
          search();
        }
      } catch (BrokenStructureException e) {
        if (best.frames().isEmpty()) {
          best = new FrameWalker.Result(List.of(), false, e.getMessage());
        }
      }
      return best;
    }

    /** The stack pointer is broken, but the place of the crash is known. */
    private FrameWalker.Result withoutStack() {
      if (vm.codeCache.isInterpreter(registers.rip())
          && tryInterpreted(registers.rbp(), registers.rbp())) {
        return best;
      }
      CodeBlob blob = vm.codeCache.find(registers.rip());
      List<Frame> newest = new ArrayList<>();
      if (blob != null && blob.nmethod() != null) {
        walker.addCompiled(here(), blob, false, newest);
      }
      return new FrameWalker.Result(newest, false, "the stack pointer is outside the stack");
    }

    private boolean inInterpreter() {
      // between two bytecodes: the frame is complete
      if (tryInterpreted(registers.rbp(), registers.rsp())) {
        return true;
      }
      // entering or leaving: the caller's frame is the newest
      for (int depth = 1; depth <= 3; depth++) {
        if (tryCaller(List.of(), registers.rsp() + (long) depth * WORD, registers.rbp(), false)) {
          return true;
        }
      }
      return false;
    }

    private boolean tryInterpreted(long fp, long sp) {
      Cursor at = new Cursor(registers.rip(), sp, sp, fp, Frame.Trust.CERTAIN);
      try {
        Frame frame = walker.interpretedFrame(at, stack, registers.r13());
        return accept(List.of(frame), walker.interpretedCaller(at, stack));
      } catch (BrokenStructureException e) {
        return false;
      }
    }

    private boolean inCompiledOrStub() {
      CodeBlob blob = vm.codeCache.find(registers.rip());
      if (blob == null) {
        return false; // C code
      }
      List<Frame> newest = new ArrayList<>();
      if (blob.nmethod() != null) {
        Cursor at = here();
        walker.addCompiled(at, blob, false, newest);
      } else {
        newest.add(
            Frame.other(
                Frame.Kind.STUB,
                blob.name(),
                registers.rip(),
                registers.rsp(),
                Frame.Trust.CERTAIN));
      }
      return tryDepths(newest, blob) || keep(newest);
    }

    /** Should the caller not be found: at least the frame itself is known. */
    private boolean keep(List<Frame> newest) {
      best = new FrameWalker.Result(newest, false, "the newest frame's caller was not found");
      return false;
    }

    private Cursor here() {
      return new Cursor(
          registers.rip(), registers.rsp(), registers.rsp(), registers.rbp(), Frame.Trust.CERTAIN);
    }

    /** The return address is so many words above sp, less one. */
    private boolean tryDepths(List<Frame> newest, CodeBlob blob) {
      boolean isComplete =
          blob.frameComplete() >= 0 && registers.rip() >= blob.codeStart() + blob.frameComplete();
      int size = blob.frameSize();
      int[] depths =
          isComplete
              ? new int[] {size, 1, 2, size + 1, size + 2, size + 3}
              : new int[] {1, 2, size, size + 1};
      for (int depth : depths) {
        if (depth > 0 && tryDepth(newest, depth, depth == size)) {
          return true;
        }
      }
      return false;
    }

    private boolean tryDepth(List<Frame> newest, int depth, boolean isWhole) {
      long sp = registers.rsp() + (long) depth * WORD;
      // rbp is still the caller's until the frame is built, and is again when it is gone
      long fp = depth == 1 || (!isWhole && depth != 2) ? registers.rbp() : word(sp - 2 * WORD);
      return tryCaller(newest, sp, fp, false);
    }

    /**
     * Leaf calls into C, stubs without a frame. First for return addresses of calls that leave
     * Java, since between here and there nothing else can be but leftovers; then for any.
     */
    private boolean search() {
      return search(true) || search(false);
    }

    private boolean search(boolean leavingJavaOnly) {
      return search(leavingJavaOnly, SEARCHED_WORDS);
    }

    FrameWalker.Result searchAll() {
      NewestWalk newest = new NewestWalk();
      long words = Math.min((stack.high() - registers.rsp()) / WORD, MAX_STACK_WORDS);
      try {
        for (int i = 1; i <= words && tries < MAX_TRIES; i++) {
          long callerSp = registers.rsp() + (long) i * WORD;
          long pc = word(callerSp - WORD);
          if (isInCodeCache(pc)
              && !newest.hasSeen(callerSp)
              && tryCaller(List.of(), callerSp, word(callerSp - 2 * WORD), true)) {
            newest.add(best.frames());
          }
        }
      } catch (BrokenStructureException e) {
        // the stack ends here
      }
      return newest.frames().isEmpty()
          ? best
          : new FrameWalker.Result(
              newest.frames(),
              true,
              "it was running, and its registers are not known: the newest frames are guessed");
    }

    private boolean search(boolean leavingJavaOnly, int words) {
      List<Frame> newest = best.frames();
      long sp = registers.rsp() & -WORD;
      tries = 0;
      for (int i = 1; i <= words && tries < MAX_TRIES; i++) {
        long callerSp = sp + (long) i * WORD;
        if (!stack.contains(callerSp - WORD)) {
          return false;
        }
        long pc = word(callerSp - WORD);
        if (!isInCodeCache(pc) || (leavingJavaOnly && !vm.calls.leaveJavaAt(pc))) {
          continue;
        }
        if (tryCaller(newest, callerSp, word(callerSp - 2 * WORD), true)
            || tryCaller(newest, callerSp, registers.rbp(), true)
            || (leavingJavaOnly && tryLeafCaller(newest, callerSp))) {
          return true;
        }
      }
      return false;
    }

    /** Compiled code that has called a leaf: the compiler has not described the place. */
    private boolean tryLeafCaller(List<Frame> newest, long sp) {
      long pc = word(sp - WORD);
      CodeBlob blob = vm.codeCache.isInterpreter(pc) ? null : vm.codeCache.find(pc);
      if (blob == null || blob.nmethod() == null) {
        return false;
      }
      try {
        Cursor at = new Cursor(pc, sp, sp, registers.rbp(), Frame.Trust.GUESSED);
        List<Frame> all = new ArrayList<>(newest);
        walker.addCompiled(at, blob, false, all);
        return accept(all, walker.fixedSizeCaller(at, blob.frameSize()));
      } catch (BrokenStructureException e) {
        return false;
      }
    }

    private boolean tryCaller(List<Frame> newest, long sp, long fp, boolean isGuess) {
      if (!stack.contains(sp - WORD)) {
        return false;
      }
      long pc = word(sp - WORD);
      if (!isInCodeCache(pc) || !walker.isReturnAddress(pc)) {
        return false;
      }
      return accept(
          newest, new Cursor(pc, sp, sp, fp, isGuess ? Frame.Trust.GUESSED : Frame.Trust.CERTAIN));
    }

    private boolean accept(List<Frame> newest, Cursor caller) {
      tries++;
      FrameWalker.Result rest = walker.walk(caller, stack, continuation);
      if (!rest.isWhole()) {
        tries += rest.frames().size() / FRAMES_PER_TRY;
        return false;
      }
      List<Frame> all = new ArrayList<>(newest);
      all.addAll(rest.frames());
      best = new FrameWalker.Result(all, true, rest.error());
      return true;
    }

    private long word(long address) {
      return vm.memory.word(address);
    }
  }
}
