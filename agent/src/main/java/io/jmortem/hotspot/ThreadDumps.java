// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Builds the Java threads of the dump, each with its name, state, frames and locks. */
final class ThreadDumps {

  /** Threads with VM frames: at least one requested the VM operation, most wait for its end. */
  private static final int MAX_WITH_VM_FRAMES = 64;

  private final HotSpotVm vm;
  private final NativeStack natives;
  private final JavaThreads javaThreads;
  private final VirtualThreads virtualThreads;
  private final ThreadObjects threadObjects;
  private final ThreadStacks stacks;
  private final LockGraph locks;
  private final FrozenThreads frozen;
  private final FrameBudget budget = new FrameBudget();
  private final List<Found> found = new ArrayList<>();
  private final Set<Long> seenVirtual = new HashSet<>();
  private final Set<Long> objects = new LinkedHashSet<>();
  private int threadsWithVmFrames;

  /** A thread while it is built. */
  private record Found(ThreadDumpBuilder thread, LockGraph.LockThread lockThread) {}

  ThreadDumps(
      HotSpotVm vm,
      NativeStack natives,
      JavaThreads javaThreads,
      VirtualThreads virtualThreads,
      ThreadObjects threadObjects,
      ThreadStacks stacks,
      LockGraph locks,
      FrozenThreads frozen) {
    this.vm = vm;
    this.natives = natives;
    this.javaThreads = javaThreads;
    this.virtualThreads = virtualThreads;
    this.threadObjects = threadObjects;
    this.stacks = stacks;
    this.locks = locks;
    this.frozen = frozen;
  }

  /**
   * Adds a thread.
   *
   * @param thread null for an unmounted virtual thread
   * @param object its java.lang.Thread; 0 if it has none
   * @param all its frames, newest first
   * @param errors receives notes about missing parts
   */
  void add(
      @Nullable JavaThread thread,
      long object,
      List<Frame> all,
      boolean isCrashed,
      List<String> errors) {
    List<Frame> frames = budget.keep(all, errors);
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
      errors.add("its java.lang.Thread: " + StackWalk.reason(e));
    }
    if (isVirtual) {
      seenVirtual.add(vm.oops.identity(object));
    }
    FrozenProcess.FrozenThread kernelThread = thread == null ? null : frozen.of(thread);
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
      objects.add(object);
    }
    found.add(
        new Found(
            StackDump.ThreadDump.builder()
                .id(id)
                .nativeId(thread == null ? null : (Integer) thread.nativeId())
                .name(lockThread.name)
                .state(state)
                .vmState(thread == null ? null : javaThreads.stateName(thread.state()))
                .daemon(daemon)
                .priority(priority)
                .virtual(isVirtual)
                .crashed(isCrashed)
                .frames(frames)
                .vmFrames(thread == null || isCrashed ? List.of() : vmFrames(thread, frames))
                .softErrors(errors),
            lockThread));
  }

  /** The VM frames of a thread that asked the VM for something other than to wait. */
  private List<Frame> vmFrames(JavaThread thread, List<Frame> frames) {
    Registers registers = frozen.registers(thread);
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

  /** The state; only the carrier's state shows whether a mounted virtual thread is blocked. */
  private @Nullable String state(@Nullable JavaThread thread, long object, boolean isVirtual) {
    if (!isVirtual) {
      return threadObjects.state(object);
    }
    String own = virtualThreads.state(object);
    return thread != null && "RUNNABLE".equals(own) && thread.threadObject() != 0
        ? threadObjects.state(thread.threadObject())
        : own;
  }

  private @Nullable String unmountedState(long thread) {
    try {
      return virtualThreads.stateName(thread);
    } catch (BrokenStructureException e) {
      return null;
    }
  }

  /** Whether a virtual thread was added. */
  boolean hasVirtual(long object) {
    return seenVirtual.contains(vm.oops.identity(object));
  }

  /** The java.lang.Thread objects of the added threads, in order. */
  Set<Long> objects() {
    return objects;
  }

  /** Frees memory after an OutOfMemoryError. */
  void dropNewerHalf() {
    found.subList(found.size() / 2, found.size()).clear();
  }

  /** All threads, with the locks that they hold and wait for. */
  List<StackDump.ThreadDump> all() {
    List<StackDump.ThreadDump> threads = new ArrayList<>();
    for (Found each : found) {
      threads.add(
          each.thread().holds(heldBy(each.lockThread())).waitsFor(each.lockThread().wait).build());
    }
    return threads;
  }

  private List<StackDump.Lock> heldBy(LockGraph.LockThread lockThread) {
    try {
      return locks.holds(lockThread);
    } catch (RuntimeException e) {
      return List.of();
    }
  }
}
