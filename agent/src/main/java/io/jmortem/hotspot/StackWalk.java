// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the stacks of all threads, and the locks that they wait for. It never throws, and never
 * runs beyond its deadline: soft errors name what could not be read.
 */
public final class StackWalk {

  /** The walk shows so many of the virtual threads that are not mounted, and counts the others. */
  private static final int MAX_UNMOUNTED = 1000;

  private static final int MAX_SOFT_ERRORS = 100;

  private final FrozenProcess process;
  private final ProcessMemory memory;
  private final NativeStack natives;
  private final CrashedThread crashed;
  private final FrozenThreads frozen;
  private final Set<Integer> known = new HashSet<>(); // JavaThreads, by their native ids
  private final List<String> softErrors = new ArrayList<>();
  private long leftOut;

  private HotSpotVm vm;
  private JavaThreads javaThreads;
  private ThreadObjects threadObjects;
  private VirtualThreads virtualThreads;
  private ThreadStacks stacks;
  private LockGraph locks;
  private ThreadDumps dumps;

  @SuppressWarnings("NullAway.Init") // find() makes the rest, or nothing is walked
  private StackWalk(FrozenProcess process, long deadlineNanoTime) {
    this.process = process;
    this.memory = new ProcessMemory(process.memory(), deadlineNanoTime);
    this.natives = new NativeStack(memory, process.map());
    this.crashed = new CrashedThread(process, memory, natives);
    this.frozen = new FrozenThreads(process, crashed);
  }

  /**
   * Walks the stacks of all threads.
   *
   * @param deadlineNanoTime the deadline, in the time of {@link System#nanoTime}
   */
  public static StackDump walk(FrozenProcess process, long deadlineNanoTime) {
    return new StackWalk(process, deadlineNanoTime).walk();
  }

  private StackDump walk() {
    List<StackDump.Deadlock> deadlocks = List.of();
    List<FrozenProcess.FrozenThread> others = new ArrayList<>();
    try {
      find();
      walkJavaThreads();
      others = namedOthers();
      walkUnmountedInHalfTheTime();
      locks.connect(softErrors);
      deadlocks = locks.deadlocks();
    } catch (DeadlineException e) {
      softErrors.add("the deadline has passed: threads, frames or locks are missing");
    } catch (RuntimeException e) {
      softErrors.add(reason(e));
    } catch (OutOfMemoryError e) {
      if (dumps != null) {
        dumps.dropNewerHalf();
      }
      softErrors.add("there was not enough memory for the walk: threads are missing");
    }
    return new StackDump(
        vm == null ? 0 : vm.version.feature(),
        threads(others),
        deadlocks,
        leftOut,
        crashed.reason(),
        crashed.search(),
        errors());
  }

  private void find() {
    HotSpotVm opened = HotSpotVm.find(memory, process.map());
    javaThreads = new JavaThreads(opened);
    threadObjects = new ThreadObjects(opened);
    virtualThreads = new VirtualThreads(opened);
    stacks = new ThreadStacks(opened, natives, javaThreads);
    locks = new LockGraph(opened, threadObjects);
    dumps =
        new ThreadDumps(
            opened, natives, javaThreads, virtualThreads, threadObjects, stacks, locks, frozen);
    vm = opened;
    if (vm.isCollecting()) {
      softErrors.add(
          "a garbage collection was under way: names, states and locks may be missing or wrong");
    }
  }

  // ---- Java threads

  /** The crashed thread comes first, because it counts most if the time runs out. */
  private void walkJavaThreads() {
    List<Long> addresses = new ArrayList<>();
    if (crashed.isUnseen()) {
      searchInAThirdOfTheTime();
    }
    for (long address : javaThreads.addresses()) {
      try {
        addresses.add(crashed.is(javaThreads.nativeId(address)) ? 0 : addresses.size(), address);
      } catch (RuntimeException e) {
        softErrors.add(StackDump.UNREAD_THREAD + reason(e));
      }
    }
    for (long address : addresses) {
      try {
        addJavaThread(javaThreads.read(address));
      } catch (RuntimeException e) {
        softErrors.add(StackDump.UNREAD_THREAD + reason(e));
      }
    }
  }

  /**
   * Searches for the thread that ended the process, if nobody saw it. The rest of the time is for
   * the walk of all stacks.
   */
  private void searchInAThirdOfTheTime() {
    memory.limitTo(0.33);
    try {
      crashed.search(readableThreads(), stacks);
    } catch (DeadlineException e) {
      softErrors.add("the time ran out in the search for the thread that ended the process");
    } finally {
      memory.limitTo(1);
    }
  }

  private List<JavaThread> readableThreads() {
    List<JavaThread> threads = new ArrayList<>();
    for (long address : javaThreads.addresses()) {
      try {
        threads.add(javaThreads.read(address));
      } catch (BrokenStructureException e) {
        // the walk reports it
      }
    }
    return threads;
  }

  private void addJavaThread(JavaThread thread) {
    List<String> errors = new ArrayList<>();
    boolean isCrashed = crashed.is(thread.nativeId());
    List<Frame> frames = stacks.frames(thread, frozen.registers(thread), isCrashed, errors);
    known.add(thread.nativeId());
    int border = thread.mountedVirtualThread() == 0 ? -1 : borderOfContinuation(frames);
    if (border >= 0) {
      dumps.add(
          thread, thread.threadObject(), frames.subList(border, frames.size()), false, errors);
      addMounted(thread, frames.subList(0, border), isCrashed);
    } else {
      dumps.add(thread, thread.threadObject(), frames, isCrashed, errors);
    }
  }

  private void addMounted(JavaThread carrier, List<Frame> frames, boolean isCrashed) {
    long thread = carrier.mountedVirtualThread();
    List<String> errors = new ArrayList<>();
    List<Frame> all = frames;
    if (frames.isEmpty()) { // its frames are just being copied from the heap, or to it
      all = stacks.framesInHeap(thread, errors);
      if (all.isEmpty()) {
        errors.add("it was being mounted or unmounted: its frames could not be read");
      }
    }
    dumps.add(carrier, thread, all, isCrashed, errors);
  }

  /**
   * The number of frames that belong to the virtual thread. It is -1 if the thread is just being
   * mounted or unmounted.
   */
  private static int borderOfContinuation(List<Frame> frames) {
    for (int i = 0; i < frames.size(); i++) {
      if (frames.get(i).is(VirtualThreads.CONTINUATION, "enterSpecial")
          || frames.get(i).is(VirtualThreads.CONTINUATION, "run")) {
        return i;
      }
    }
    return -1;
  }

  // ---- virtual threads that are not mounted

  /** There may be very many of them, and the search for deadlocks still needs time. */
  private void walkUnmountedInHalfTheTime() {
    memory.limitTo(0.5);
    try {
      walkUnmounted();
    } catch (DeadlineException e) {
      // it is not known if their number or the size of the JVM took the time
      softErrors.add(
          "the time ran out: virtual threads that are not mounted, if there are any, are missing");
    } finally {
      memory.limitTo(1);
    }
  }

  private void walkUnmounted() {
    if (!virtualThreads.exist()) {
      return;
    }
    List<Long> blocked = new ArrayList<>();
    List<Long> others = new ArrayList<>();
    for (long thread : virtualThreads.find(dumps.objects(), softErrors)) {
      if (!dumps.hasVirtual(thread)) {
        try {
          if (threadObjects.isVirtual(thread)) {
            ("BLOCKED".equals(virtualThreads.state(thread)) ? blocked : others).add(thread);
          }
        } catch (RuntimeException e) {
          softErrors.add("a virtual thread: " + reason(e));
        }
      }
    }
    blocked.addAll(others); // these count more if there are too many
    leftOut = Math.max(0, blocked.size() - MAX_UNMOUNTED);
    for (int i = 0; i < blocked.size() && i < MAX_UNMOUNTED; i++) {
      addUnmounted(blocked.get(i));
    }
  }

  private void addUnmounted(long thread) {
    List<String> errors = new ArrayList<>();
    dumps.add(null, thread, stacks.framesInHeap(thread, errors), false, errors);
  }

  // ---- the threads of the VM itself

  private List<FrozenProcess.FrozenThread> namedOthers() {
    List<FrozenProcess.FrozenThread> others = new ArrayList<>();
    VmThreadNames names = new VmThreadNames(vm, javaThreads);
    for (FrozenProcess.FrozenThread thread : process.threads()) {
      if (!known.contains(thread.nativeId())) {
        others.add(
            new FrozenProcess.FrozenThread(
                thread.nativeId(), names.fullName(thread), thread.registers()));
      }
    }
    return others;
  }

  /** The text of a failure on broken memory. A deadline is thrown again. */
  static String reason(RuntimeException e) {
    if (e instanceof DeadlineException) {
      throw e;
    }
    return e instanceof BrokenStructureException broken ? broken.getMessage() : e.toString();
  }

  // ---- the result

  private List<StackDump.ThreadDump> threads(List<FrozenProcess.FrozenThread> others) {
    List<StackDump.ThreadDump> threads = new ArrayList<>();
    if (crashed.isOutsideTheVm()) {
      threads.add(nativeThread(null, "", true, crashed.unseenFrames()));
    }
    if (dumps != null) {
      threads.addAll(dumps.all());
    }
    for (FrozenProcess.FrozenThread other : others) {
      int id = other.nativeId();
      threads.add(nativeThread(id, other.name(), crashed.is(id), crashed.nativeFrames(id)));
    }
    return threads;
  }

  /** A thread that the VM does not list as a Java thread. */
  private static StackDump.ThreadDump nativeThread(
      @Nullable Integer nativeId, String name, boolean isCrashed, List<Frame> frames) {
    return StackDump.ThreadDump.builder()
        .nativeId(nativeId)
        .name(name)
        .crashed(isCrashed)
        .frames(frames)
        .build();
  }

  private List<String> errors() {
    return softErrors.size() <= MAX_SOFT_ERRORS
        ? softErrors
        : new ArrayList<>(softErrors.subList(0, MAX_SOFT_ERRORS));
  }
}
