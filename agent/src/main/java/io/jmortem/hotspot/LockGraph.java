// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which thread holds which lock, and which threads wait for it. Monitors are found in HotSpot's
 * lists, lock stacks and frames. Locks of java.util.concurrent are the blockers of parked threads.
 */
final class LockGraph {

  private static final String OWNABLE = "java.util.concurrent.locks.AbstractOwnableSynchronizer";
  private static final int MAX_MONITORS = 100_000;
  private static final int MAX_LOCK_STACK = 64;

  /** A thread that may own locks: a platform thread, or a mounted or unmounted virtual thread. */
  static final class LockThread {
    final @Nullable JavaThread thread; // null for an unmounted virtual thread
    final long object;
    final @Nullable Long id;
    final String name;
    final Set<Long> holds = new LinkedHashSet<>(); // identities
    final @Nullable String unmountedState;
    long newestLock;
    StackDump.@Nullable Wait wait;
    @Nullable LockThread waitsForOwner;

    LockThread(
        @Nullable JavaThread thread,
        long object,
        @Nullable Long id,
        String name,
        @Nullable String unmountedState) {
      this.thread = thread;
      this.object = object;
      this.id = id;
      this.name = name;
      this.unmountedState = unmountedState;
    }
  }

  private final HotSpotVm vm;
  private final ThreadObjects threadObjects;
  private final int monitorObject;
  private final int monitorOwner;
  private final int ownerId;
  private final int lockStack;
  private final long anonymousOwner;
  private final List<LockThread> lockThreads = new ArrayList<>();
  private final Map<Long, Long> oops = new HashMap<>(); // by identity: the readable locks

  /**
   * Owners from HotSpot's own data, not from frames, where a thread that is only entering counts.
   */
  private final Map<Long, LockThread> certainOwners = new HashMap<>();

  /** Owners from frames, used if HotSpot's own data has none. */
  private final Map<Long, LockThread> holders = new HashMap<>();

  private final Map<Long, LockThread> byAddress = new HashMap<>();
  private final Map<Long, LockThread> byOwnerId = new HashMap<>();
  private final Map<Long, LockThread> byObject = new HashMap<>();

  LockGraph(HotSpotVm vm, ThreadObjects threadObjects) {
    this.vm = vm;
    this.threadObjects = threadObjects;
    this.monitorObject = vm.structs.offset("ObjectMonitor._object");
    this.monitorOwner = vm.structs.offset("ObjectMonitor._owner");
    this.ownerId = vm.structs.offsetOrNone("JavaThread._monitor_owner_id");
    this.lockStack = vm.structs.offsetOrNone("JavaThread._lock_stack");
    this.anonymousOwner = vm.structs.constantOr("ObjectMonitor::ANONYMOUS_OWNER", -1);
  }

  /**
   * Adds a thread.
   *
   * @param thread the JavaThread on which it runs, or null
   * @param frames its frames, with the objects that they have locked
   * @param unmountedState the name of the state of an unmounted virtual thread, or null
   */
  LockThread add(
      @Nullable JavaThread thread,
      long object,
      @Nullable Long id,
      String name,
      List<Frame> frames,
      @Nullable String unmountedState) {
    LockThread lockThread = new LockThread(thread, object, id, name, unmountedState);
    lockThreads.add(lockThread);
    for (Frame frame : frames) {
      for (long oop : frame.locked()) {
        lockThread.newestLock = lockThread.newestLock == 0 ? oop : lockThread.newestLock;
        lockThread.holds.add(remember(oop));
      }
    }
    if (object != 0) {
      byObject.put(vm.oops.identity(object), lockThread);
    }
    if (thread != null) {
      byAddress.put(thread.address(), lockThread); // a mounted virtual thread replaces its carrier
      if (ownerId >= 0) {
        byOwnerId.put(vm.memory.word(thread.address() + ownerId), lockThread);
      }
    } else if (id != null) {
      byOwnerId.putIfAbsent(id, lockThread);
    }
    return lockThread;
  }

  private long remember(long oop) {
    long identity = vm.oops.identity(oop);
    oops.putIfAbsent(identity, oop);
    return identity;
  }

  private void addOwned(LockThread lockThread, long oop) {
    long identity = remember(oop);
    lockThread.holds.add(identity);
    certainOwners.put(identity, lockThread);
  }

  /** Finds all owners, then the lock that each thread waits for. */
  void connect(List<String> softErrors) {
    for (LockThread lockThread : lockThreads) {
      try {
        addLockStack(lockThread);
      } catch (BrokenStructureException e) {
        softErrors.add("the lock stack of " + lockThread.name + ": " + e.getMessage());
      }
    }
    try {
      addInflatedMonitors();
    } catch (BrokenStructureException e) {
      softErrors.add("the list of monitors: " + e.getMessage());
    }
    for (LockThread lockThread : lockThreads) {
      for (Iterator<Long> held = lockThread.holds.iterator(); held.hasNext(); ) {
        if (certainOwners.getOrDefault(held.next(), lockThread) != lockThread) {
          held.remove();
        }
      }
      for (long identity : lockThread.holds) {
        holders.putIfAbsent(identity, lockThread);
      }
    }
    for (LockThread lockThread : lockThreads) {
      vm.memory.checkDeadline();
      try {
        findWait(lockThread);
      } catch (BrokenStructureException e) {
        softErrors.add("what " + lockThread.name + " waits for: " + e.getMessage());
      }
    }
  }

  // ---- owners

  /** Objects locked without a monitor, oldest first; since JDK 21. */
  private void addLockStack(LockThread lockThread) {
    if (lockStack < 0
        || lockThread.thread == null
        || byAddress.get(lockThread.thread.address()) != lockThread) {
      return;
    }
    long stack = lockThread.thread.address() + lockStack;
    // the top is an offset from the beginning of the thread
    long top = vm.memory.int4(stack + vm.structs.offset("LockStack._top"));
    long base = (long) lockStack + vm.structs.offset("LockStack._base[0]");
    for (long at = base; at < top && at < base + 8L * MAX_LOCK_STACK; at += 8) {
      addOwned(lockThread, vm.memory.word(lockThread.thread.address() + at));
    }
  }

  private void addInflatedMonitors() {
    if (!vm.structs.has("ObjectSynchronizer._in_use_list")) {
      return; // up to JDK 16: blocks of monitors; the frames show the owners
    }
    long list = vm.structs.address("ObjectSynchronizer._in_use_list");
    long monitor = vm.memory.word(list + vm.structs.offset("MonitorList._head"));
    int next = vm.structs.offset("ObjectMonitor._next_om");
    for (int i = 0; monitor != 0 && i < MAX_MONITORS; i++) {
      LockThread owner = owner(monitor);
      long object = owner == null ? 0 : object(monitor);
      if (owner != null && object != 0) {
        addOwned(owner, object);
      }
      monitor = vm.memory.word(monitor + next);
    }
  }

  private long object(long monitor) {
    return vm.version.monitorHasHandle()
        ? vm.oops.resolve(monitor + monitorObject)
        : vm.memory.word(monitor + monitorObject);
  }

  /** The owner is a JavaThread, an address on its stack, a thread id, or found on lock stacks. */
  private @Nullable LockThread owner(long monitor) {
    long owner = vm.memory.word(monitor + monitorOwner);
    if (owner == 0) {
      return null;
    }
    if (owner == anonymousOwner) {
      LockThread holder = holder(vm.oops.identity(object(monitor)));
      return holder == null || isOnMonitor(holder) ? null : holder;
    }
    if (ownerId >= 0) {
      return byOwnerId.get(owner);
    }
    LockThread direct = byAddress.get(owner);
    return direct != null ? direct : threadWithStack(owner);
  }

  private @Nullable LockThread threadWithStack(long address) {
    for (LockThread lockThread : byAddress.values()) {
      if (lockThread.thread != null && lockThread.thread.stack().contains(address)) {
        return lockThread;
      }
    }
    return null;
  }

  /**
   * From HotSpot's data, or from the frames: an unmounted virtual thread's lock stack is in the
   * heap.
   */
  private @Nullable LockThread holder(long identity) {
    LockThread owner = certainOwners.get(identity);
    return owner != null ? owner : holders.get(identity);
  }

  // ---- waits

  private void findWait(LockThread lockThread) {
    JavaThread thread =
        lockThread.thread != null && byAddress.get(lockThread.thread.address()) == lockThread
            ? lockThread.thread
            : null;
    if (thread != null && thread.pendingMonitor() != 0) {
      long object = object(thread.pendingMonitor());
      lockThread.holds.remove(vm.oops.identity(object)); // its frame already lists the lock
      setWait(lockThread, "monitor", object, owner(thread.pendingMonitor()));
    } else if (thread != null && thread.waitingMonitor() != 0) {
      long object = object(thread.waitingMonitor());
      LockThread owner = owner(thread.waitingMonitor());
      if (owner != lockThread) {
        lockThread.holds.remove(vm.oops.identity(object)); // released while it waits
      }
      setWait(lockThread, "notification", object, owner);
    } else if (lockThread.newestLock != 0 && isOnMonitor(lockThread)) {
      long identity = remember(lockThread.newestLock);
      lockThread.holds.remove(identity);
      boolean isBlocked =
          lockThread.unmountedState != null && lockThread.unmountedState.startsWith("BLOCK");
      setWait(
          lockThread,
          isBlocked ? "monitor" : "notification",
          lockThread.newestLock,
          holder(identity));
    } else if (lockThread.object != 0) {
      long blocker = threadObjects.parkBlocker(lockThread.object);
      if (blocker != 0) {
        setWait(lockThread, "unpark", blocker, ownerOfSynchronizer(blocker));
      }
    }
  }

  /** Since JDK 24, a virtual thread unmounts while it waits for a monitor (JEP 491). */
  private static boolean isOnMonitor(LockThread lockThread) {
    return lockThread.unmountedState != null
        && (lockThread.unmountedState.startsWith("BLOCK")
            || lockThread.unmountedState.startsWith("WAIT")
            || lockThread.unmountedState.startsWith("TIMED_WAIT"));
  }

  private @Nullable LockThread ownerOfSynchronizer(long blocker) {
    if (!vm.klasses.isA(vm.oops.klass(blocker), OWNABLE)) {
      return null;
    }
    long owner = vm.oops.object(blocker, "exclusiveOwnerThread");
    LockThread lockThread = owner == 0 ? null : byObject.get(vm.oops.identity(owner));
    if (lockThread != null) {
      lockThread.holds.add(remember(blocker));
    }
    return lockThread;
  }

  private void setWait(LockThread lockThread, String how, long object, @Nullable LockThread owner) {
    lockThread.waitsForOwner = how.equals("notification") || owner == lockThread ? null : owner;
    lockThread.wait =
        new StackDump.Wait(
            how,
            lock(remember(object)),
            owner == null ? null : owner.id,
            owner == null ? null : owner.name);
  }

  StackDump.Lock lock(long identity) {
    String name;
    try {
      name = vm.klasses.name(vm.oops.klass(oops.getOrDefault(identity, identity)));
    } catch (BrokenStructureException e) {
      name = "?";
    }
    return new StackDump.Lock(identity, name);
  }

  List<StackDump.Lock> holds(LockThread lockThread) {
    List<StackDump.Lock> locks = new ArrayList<>();
    for (long identity : lockThread.holds) {
      locks.add(lock(identity));
    }
    return locks;
  }

  // ---- deadlocks

  /** Finds each cycle once. */
  List<StackDump.Deadlock> deadlocks() {
    List<StackDump.Deadlock> found = new ArrayList<>();
    Set<LockThread> done = new HashSet<>();
    for (LockThread start : lockThreads) {
      Map<LockThread, Integer> path = new LinkedHashMap<>();
      LockThread at = start;
      while (at != null && at.wait != null && !done.contains(at) && !path.containsKey(at)) {
        path.put(at, path.size());
        at = at.waitsForOwner;
      }
      if (at != null && path.containsKey(at)) {
        found.add(cycle(new ArrayList<>(path.keySet()).subList(path.get(at), path.size())));
      }
      done.addAll(path.keySet());
    }
    return found;
  }

  private static StackDump.Deadlock cycle(List<LockThread> lockThreads) {
    List<String> threads = new ArrayList<>();
    List<StackDump.Lock> locks = new ArrayList<>();
    for (LockThread lockThread : lockThreads) {
      StackDump.Wait wait = lockThread.wait;
      if (wait != null) { // each of them waits
        threads.add(lockThread.name);
        locks.add(wait.lock());
      }
    }
    return new StackDump.Deadlock(threads, locks);
  }
}
