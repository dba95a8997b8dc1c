// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads all threads' stacks, and who waits for whom. Never throws, and never runs beyond its
 * deadline: what could not be read is named among the soft errors.
 */
public final class StackWalk {

  /** Virtual threads that are not mounted: so many are shown, the others counted. */
  private static final int MAX_UNMOUNTED = 1000;

  /** In all threads together, for the sake of this process's own memory, and the reporter's. */
  private static final int MAX_FRAMES_IN_ALL = 60_000;

  /** Of one thread, as Throwable has it by default. */
  private static final int MAX_NEWEST = 1024;

  /** Beyond the bound for all. */
  private static final int FEW_NEWEST = 15;

  private static final int FEW_OLDEST = 5;

  /** Who began a recursion counts as much as where it has got to. */
  private static final int MAX_OLDEST = 50;

  private static final int MAX_SOFT_ERRORS = 100;

  /** One at least asks for what the VM is doing; most wait at the safepoint for its end. */
  private static final int MAX_WITH_VM_FRAMES = 64;

  private final FrozenProcess process;
  private final ProcessMemory memory;
  private final NativeStack natives;
  private final Map<Integer, FrozenProcess.FrozenThread> kernelThreads = new HashMap<>();
  private final Set<Integer> known = new HashSet<>(); // JavaThreads, by their native ids
  private final List<Found> found = new ArrayList<>();
  private final Set<Long> seenVirtual = new HashSet<>();
  private final Set<Long> threadsFound = new LinkedHashSet<>();
  private final List<String> softErrors = new ArrayList<>();
  private UnseenDeath.Found unseen;
  private StackDump.Search search;
  private int framesInAll;
  private int threadsWithVmFrames;
  private long leftOut;

  private HotSpotVm vm;
  private JavaThreads javaThreads;
  private ThreadObjects threadObjects;
  private VirtualThreads virtualThreads;
  private ThreadStacks stacks;
  private LockGraph locks;

  /** A thread while it is put together. */
  private record Found(StackDump.ThreadDump thread, LockGraph.LockThread lockThread) {}

  private StackWalk(FrozenProcess process, long deadlineNanoTime) {
    this.process = process;
    this.memory = new ProcessMemory(process.memory(), deadlineNanoTime);
    this.natives = new NativeStack(memory, process.map());
    for (FrozenProcess.FrozenThread thread : process.threads()) {
      kernelThreads.put(thread.nativeId(), thread);
    }
  }

  /**
   * Walks.
   *
   * @param deadlineNanoTime when to end at the latest, as {@link System#nanoTime} counts
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
      found.subList(found.size() / 2, found.size()).clear();
      softErrors.add("there was not enough memory for the walk: threads are missing");
    }
    return new StackDump(
        vm == null ? 0 : vm.version.feature(),
        threads(others),
        deadlocks,
        leftOut,
        reason(),
        search,
        errors());
  }

  private void find() {
    HotSpotVm opened = HotSpotVm.find(memory, process.map());
    javaThreads = new JavaThreads(opened);
    threadObjects = new ThreadObjects(opened);
    virtualThreads = new VirtualThreads(opened);
    stacks = new ThreadStacks(opened, natives, javaThreads);
    locks = new LockGraph(opened, threadObjects);
    vm = opened;
    if (vm.isCollecting()) {
      softErrors.add(
          "a garbage collection was under way: names, states and locks may be missing or wrong");
    }
  }

  // ---- Java threads

  /** The crashed one first: it counts most, should time run out. */
  private void walkJavaThreads() {
    List<Long> addresses = new ArrayList<>();
    if (process.crashedId() == 0 && process.status() != 0) {
      searchInAThirdOfTheTime();
    }
    for (long address : javaThreads.addresses()) {
      try {
        addresses.add(isCrashed(javaThreads.nativeId(address)) ? 0 : addresses.size(), address);
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

  private boolean isCrashed(int nativeId) {
    return nativeId != 0
        && nativeId
            == (process.crashedId() != 0
                ? process.crashedId()
                : unseen == null ? 0 : unseen.nativeId());
  }

  /** Where it was; null if that is not known. */
  private Registers fault() {
    return process.crashedId() != 0 ? process.fault() : unseen == null ? null : unseen.registers();
  }

  /** For who has ended the process, where nobody saw it; all stacks are to be walked as well. */
  private void searchInAThirdOfTheTime() {
    UnseenDeath death = new UnseenDeath(memory, process.map(), natives);
    memory.limitTo(0.33);
    try {
      search = death.search(process.status(), readableThreads(), stacks);
      unseen = death.found();
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
        // the walk will say so
      }
    }
    return threads;
  }

  private void addJavaThread(JavaThread thread) {
    List<String> errors = new ArrayList<>();
    boolean isCrashed = isCrashed(thread.nativeId());
    List<Frame> frames = stacks.frames(thread, registers(thread), isCrashed, errors);
    known.add(thread.nativeId());
    int border = thread.mountedVirtualThread() == 0 ? -1 : borderOfContinuation(frames);
    if (border >= 0) {
      addThread(
          thread, thread.threadObject(), frames.subList(border, frames.size()), false, errors);
      addMounted(thread, frames.subList(0, border), isCrashed);
    } else {
      addThread(thread, thread.threadObject(), frames, isCrashed, errors);
    }
  }

  private Registers registers(JavaThread thread) {
    if (isCrashed(thread.nativeId()) && fault() != null) {
      return fault();
    }
    FrozenProcess.FrozenThread kernelThread = kernelThreads.get(thread.nativeId());
    return kernelThread == null ? null : kernelThread.registers();
  }

  private void addMounted(JavaThread carrier, List<Frame> frames, boolean isCrashed) {
    long thread = carrier.mountedVirtualThread();
    List<String> errors = new ArrayList<>();
    List<Frame> all = frames;
    if (frames.isEmpty()) { // it is just coming from the heap, or going there
      all = stacks.framesInHeap(thread, errors);
      if (all.isEmpty()) {
        errors.add("it was being mounted or unmounted: its frames could not be read");
      }
    }
    addThread(carrier, thread, all, isCrashed, errors);
  }

  /** How many frames are the virtual thread's; -1 if it is just being mounted or unmounted. */
  private static int borderOfContinuation(List<Frame> frames) {
    for (int i = 0; i < frames.size(); i++) {
      if (frames.get(i).is(VirtualThreads.CONTINUATION, "enterSpecial")
          || frames.get(i).is(VirtualThreads.CONTINUATION, "run")) {
        return i;
      }
    }
    return -1;
  }

  /** The newest and the oldest, if there are too many. */
  private List<Frame> bounded(List<Frame> frames, List<String> errors) {
    boolean isFull = framesInAll > MAX_FRAMES_IN_ALL;
    int most = isFull ? FEW_NEWEST : MAX_NEWEST;
    int oldest = isFull ? FEW_OLDEST : MAX_OLDEST;
    List<Frame> kept = frames;
    int leftOut = frames.size() - most - oldest;
    if (leftOut > 0) {
      errors.add(leftOut + " frames left out after the newest " + most);
      kept = new ArrayList<>(frames.subList(0, most));
      kept.addAll(frames.subList(frames.size() - oldest, frames.size()));
    }
    framesInAll += kept.size();
    return kept;
  }

  private void addThread(
      JavaThread thread, long object, List<Frame> all, boolean crashed, List<String> errors) {
    List<Frame> frames = bounded(all, errors);
    Long id = null;
    String name = null;
    String state = null;
    Boolean daemon = null;
    Integer priority = null;
    boolean isVirtual = false;
    try {
      if (object != 0) {
        name = threadObjects.name(object);
        id = threadObjects.id(object);
        isVirtual = threadObjects.isVirtual(object);
        state = state(thread, object, isVirtual);
        daemon = isVirtual ? Boolean.TRUE : threadObjects.daemon(object);
        priority = isVirtual ? null : threadObjects.priority(object);
      }
    } catch (RuntimeException e) {
      errors.add("its java.lang.Thread: " + reason(e));
    }
    if (isVirtual) {
      seenVirtual.add(vm.oops.identity(object));
    }
    FrozenProcess.FrozenThread kernelThread =
        thread == null ? null : kernelThreads.get(thread.nativeId());
    if ((name == null || name.isEmpty()) && !isVirtual && kernelThread != null) {
      name = kernelThread.name();
    }
    LockGraph.LockThread lockThread =
        locks.add(
            thread,
            object,
            id,
            name == null ? "" : name,
            frames,
            thread == null ? unmountedState(object) : null);
    if (object != 0) {
      threadsFound.add(object);
    }
    found.add(
        new Found(
            new StackDump.ThreadDump(
                id,
                thread == null ? null : (Integer) thread.nativeId(),
                lockThread.name,
                state,
                thread == null ? null : javaThreads.stateName(thread.state()),
                daemon,
                priority,
                isVirtual,
                crashed,
                frames,
                thread == null || crashed ? List.of() : vmFrames(thread, frames),
                List.of(),
                null,
                errors),
            lockThread));
  }

  /** What the VM does for a thread that has asked for something else than to wait. */
  private List<Frame> vmFrames(JavaThread thread, List<Frame> frames) {
    Registers registers = registers(thread);
    boolean isInJavaMethod =
        !frames.isEmpty()
            && frames.get(0).className() != null
            && frames.get(0).kind() != Frame.Kind.NATIVE;
    if (registers == null
        || !isInJavaMethod
        || javaThreads.isInJava(thread)
        || thread.pendingMonitor() != 0
        || thread.waitingMonitor() != 0
        || threadsWithVmFrames >= MAX_WITH_VM_FRAMES) {
      return List.of();
    }
    threadsWithVmFrames++;
    return natives.frames(registers, stacks.javaSp(thread));
  }

  /** While it is mounted, a virtual thread is in its carrier's state: only there it can be seen. */
  private String state(JavaThread thread, long object, boolean isVirtual) {
    if (!isVirtual) {
      return threadObjects.state(object);
    }
    String own = virtualThreads.state(object);
    return thread != null && "RUNNABLE".equals(own) && thread.threadObject() != 0
        ? threadObjects.state(thread.threadObject())
        : own;
  }

  private String unmountedState(long thread) {
    try {
      return virtualThreads.stateName(thread);
    } catch (BrokenStructureException e) {
      return null;
    }
  }

  // ---- virtual threads that are not mounted

  /** There may be very many, and who waits for whom is still to be found out. */
  private void walkUnmountedInHalfTheTime() {
    memory.limitTo(0.5);
    try {
      walkUnmounted();
    } catch (DeadlineException e) {
      // whether it was many that took the time, or the JVM's size, is not known
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
    for (long thread : virtualThreads.find(threadsFound, softErrors)) {
      if (!seenVirtual.contains(vm.oops.identity(thread))) {
        try {
          if (threadObjects.isVirtual(thread)) {
            ("BLOCKED".equals(virtualThreads.state(thread)) ? blocked : others).add(thread);
          }
        } catch (RuntimeException e) {
          softErrors.add("a virtual thread: " + reason(e));
        }
      }
    }
    blocked.addAll(others); // should there be too many, these count more
    leftOut = Math.max(0, blocked.size() - MAX_UNMOUNTED);
    for (int i = 0; i < blocked.size() && i < MAX_UNMOUNTED; i++) {
      addUnmounted(blocked.get(i));
    }
  }

  private void addUnmounted(long thread) {
    List<String> errors = new ArrayList<>();
    addThread(null, thread, stacks.framesInHeap(thread, errors), false, errors);
  }

  // ---- the VM's own

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

  /** Whatever memory made us stumble over; but the deadline is not to be survived. */
  static String reason(RuntimeException e) {
    if (e instanceof DeadlineException) {
      throw e;
    }
    return e instanceof BrokenStructureException ? e.getMessage() : e.toString();
  }

  // ---- the result

  private List<StackDump.ThreadDump> threads(List<FrozenProcess.FrozenThread> others) {
    List<StackDump.ThreadDump> threads = new ArrayList<>();
    if (unseen != null && unseen.nativeId() == 0) {
      threads.add(nativeThread(null, "", true, unseenFrames()));
    }
    for (Found each : found) {
      StackDump.ThreadDump thread = each.thread();
      threads.add(
          new StackDump.ThreadDump(
              thread.id(),
              thread.nativeId(),
              thread.name(),
              thread.state(),
              thread.vmState(),
              thread.daemon(),
              thread.priority(),
              thread.virtual(),
              thread.crashed(),
              thread.frames(),
              thread.vmFrames(),
              heldBy(each.lockThread()),
              each.lockThread().wait,
              thread.softErrors()));
    }
    for (FrozenProcess.FrozenThread other : others) {
      threads.add(
          nativeThread(
              other.nativeId(), other.name(), isCrashed(other.nativeId()), nativeFrames(other)));
    }
    return threads;
  }

  /** One that the VM does not know as one of Java's. */
  private static StackDump.ThreadDump nativeThread(
      Integer nativeId, String name, boolean isCrashed, List<Frame> frames) {
    return new StackDump.ThreadDump(
        null, nativeId, name, null, null, null, null, false, isCrashed, frames, List.of(),
        List.of(), null, List.of());
  }

  private List<Frame> unseenFrames() {
    try {
      return natives.frames(unseen.registers(), unseen.stack().high());
    } catch (RuntimeException e) { // such as the deadline
      return List.of();
    }
  }

  private List<Frame> nativeFrames(FrozenProcess.FrozenThread thread) {
    try {
      return isCrashed(thread.nativeId()) && process.fault() != null
          ? natives.frames(process.fault(), 0)
          : List.of();
    } catch (RuntimeException e) { // such as the deadline
      return List.of();
    }
  }

  private StackDump.Reason reason() {
    Registers fault = fault();
    try {
      return fault == null || !natives.isIn(fault.rip(), "abort")
          ? null
          : new AbortReasons(memory, process.map())
              .find(natives.frames(fault, 0), fault, process.saved());
    } catch (RuntimeException e) { // such as the deadline
      return null;
    }
  }

  private List<StackDump.Lock> heldBy(LockGraph.LockThread lockThread) {
    try {
      return locks.holds(lockThread);
    } catch (RuntimeException e) {
      return List.of();
    }
  }

  private List<String> errors() {
    return softErrors.size() <= MAX_SOFT_ERRORS
        ? softErrors
        : new ArrayList<>(softErrors.subList(0, MAX_SOFT_ERRORS));
  }
}
