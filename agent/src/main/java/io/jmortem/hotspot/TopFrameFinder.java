// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the frames of a thread that was running Java code, or was in a leaf call from Java code.
 * There is no anchor, only registers, at any instruction. A frame may be half built or half
 * removed, so several places are tried for the return address of the caller. A place is accepted
 * only if the whole stack can be walked from there.
 */
final class TopFrameFinder {

  private static final int WORD = 8;
  private static final int PAGE = 4096;

  /** The largest frame of C code in a leaf call, or of a stub. */
  private static final int SEARCHED_WORDS = 4096;

  private static final int MAX_TRIES = 128;

  /** 64 MiB: used if there are no registers. */
  private static final int MAX_STACK_WORDS = 1 << 23;

  /** A long walk without success counts as several tries. */
  private static final int FRAMES_PER_TRY = 500;

  private final HotSpotVm vm;
  private final FrameWalker walker;

  TopFrameFinder(HotSpotVm vm, FrameWalker walker) {
    this.vm = vm;
    this.walker = walker;
  }

  /** Returns the whole stack, or a result without frames. */
  FrameWalker.Result walk(Registers registers, StackBounds stack, ContinuationFrames continuation) {
    return new Attempt(registers, stack, continuation).walk();
  }

  /**
   * The stack of a running thread without registers: they were not recorded when it was killed.
   * Places from the stack's lower end upwards are tried, until the bottom is reached from one. The
   * newest frames may belong to a call that had already returned.
   */
  FrameWalker.Result walkWithoutRegisters(StackBounds stack, ContinuationFrames continuation) {
    long from = stack.low();
    while (from < stack.high() && !vm.memory.isReadable(from)) {
      from += PAGE; // the guard pages
    }
    Registers unknown = new Registers(0, from, 0, 0);
    return new Attempt(unknown, stack, continuation).searchAll();
  }

  /** Whether a pc is in Java code or elsewhere in the code cache. */
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

    /** The stack pointer is invalid, but the place of the crash is known. */
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
      // entering or leaving a method: the newest frame is that of the caller
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

    /** If the caller is not found, at least the frame itself is known. */
    private boolean keep(List<Frame> newest) {
      best = new FrameWalker.Result(newest, false, "the newest frame's caller was not found");
      return false;
    }

    private Cursor here() {
      return new Cursor(
          registers.rip(), registers.rsp(), registers.rsp(), registers.rbp(), Frame.Trust.CERTAIN);
    }

    /** The return address is this many words above sp, minus one. */
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
      // rbp belongs to the caller until the frame is built, and again after it is removed
      long fp = depth == 1 || (!isWhole && depth != 2) ? registers.rbp() : word(sp - 2 * WORD);
      return tryCaller(newest, sp, fp, false);
    }

    /**
     * Handles leaf calls into C, and stubs without a frame. It looks first for return addresses of
     * calls that leave Java, because only leftovers can precede them; then for any.
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

    /** Compiled code in a leaf call: this place has no PcDesc. */
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
