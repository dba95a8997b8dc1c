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

/**
 * Who holds which lock, and who waits for it: monitors by HotSpot's lists, lock stacks and frames;
 * locks of java.util.concurrent by what parked threads have named as their blockers.
 */
final class LockGraph {

  private static final String OWNABLE = "java.util.concurrent.locks.AbstractOwnableSynchronizer";
  private static final int MAX_MONITORS = 100_000;
  private static final int MAX_LOCK_STACK = 64;

  /** A thread that may own locks: a platform thread, or a virtual one that is mounted or not. */
  static final class Party {
    final JavaThread thread; // null for a virtual one that is not mounted
    final long object;
    final Long id;
    final String name;
    final Set<Long> holds = new LinkedHashSet<>(); // identities
    final String unmountedState;
    long newestLock;
    StackDump.Wait wait;
    Party waitsForOwner;

    Party(JavaThread thread, long object, Long id, String name, String unmountedState) {
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
  private final List<Party> parties = new ArrayList<>();
  private final Map<Long, Long> oops = new HashMap<>(); // by identity: what can be read

  /**
   * What HotSpot itself says, not the frames: a thread that is just entering has the lock there.
   */
  private final Map<Long, Party> certainOwners = new HashMap<>();

  /** What the frames say where HotSpot itself says nothing. */
  private final Map<Long, Party> holders = new HashMap<>();

  private final Map<Long, Party> byAddress = new HashMap<>();
  private final Map<Long, Party> byOwnerId = new HashMap<>();
  private final Map<Long, Party> byObject = new HashMap<>();

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
   * @param thread the JavaThread that it runs on, or null
   * @param frames which say what it has locked
   * @param unmountedState the name of the state of a virtual thread that is not mounted, or null
   */
  Party add(
      JavaThread thread,
      long object,
      Long id,
      String name,
      List<Frame> frames,
      String unmountedState) {
    Party party = new Party(thread, object, id, name, unmountedState);
    parties.add(party);
    for (Frame frame : frames) {
      for (long oop : frame.locked()) {
        party.newestLock = party.newestLock == 0 ? oop : party.newestLock;
        party.holds.add(remember(oop));
      }
    }
    if (object != 0) {
      byObject.put(vm.oops.identity(object), party);
    }
    if (thread != null) {
      byAddress.put(thread.address(), party); // a virtual one takes its carrier's place
      if (ownerId >= 0) {
        byOwnerId.put(vm.memory.word(thread.address() + ownerId), party);
      }
    } else if (id != null) {
      byOwnerId.putIfAbsent(id, party);
    }
    return party;
  }

  private long remember(long oop) {
    long identity = vm.oops.identity(oop);
    oops.putIfAbsent(identity, oop);
    return identity;
  }

  private void owns(Party party, long oop) {
    long identity = remember(oop);
    party.holds.add(identity);
    certainOwners.put(identity, party);
  }

  /** Finds all owners, then what each thread waits for. */
  void connect(List<String> softErrors) {
    for (Party party : parties) {
      try {
        addLockStack(party);
      } catch (BrokenStructureException e) {
        softErrors.add("the lock stack of " + party.name + ": " + e.getMessage());
      }
    }
    try {
      addInflatedMonitors();
    } catch (BrokenStructureException e) {
      softErrors.add("the list of monitors: " + e.getMessage());
    }
    for (Party party : parties) {
      for (Iterator<Long> held = party.holds.iterator(); held.hasNext(); ) {
        if (certainOwners.getOrDefault(held.next(), party) != party) {
          held.remove();
        }
      }
      for (long identity : party.holds) {
        holders.putIfAbsent(identity, party);
      }
    }
    for (Party party : parties) {
      vm.memory.checkDeadline();
      try {
        findWait(party);
      } catch (BrokenStructureException e) {
        softErrors.add("what " + party.name + " waits for: " + e.getMessage());
      }
    }
  }

  // ---- owners

  /** Objects that are locked without a monitor, the oldest first; since 21. */
  private void addLockStack(Party party) {
    if (lockStack < 0 || party.thread == null || byAddress.get(party.thread.address()) != party) {
      return;
    }
    long stack = party.thread.address() + lockStack;
    // the top counts from the thread's beginning
    long top = vm.memory.int4(stack + vm.structs.offset("LockStack._top"));
    long base = (long) lockStack + vm.structs.offset("LockStack._base[0]");
    for (long at = base; at < top && at < base + 8L * MAX_LOCK_STACK; at += 8) {
      owns(party, vm.memory.word(party.thread.address() + at));
    }
  }

  private void addInflatedMonitors() {
    if (!vm.structs.has("ObjectSynchronizer._in_use_list")) {
      return; // up to 16: blocks of monitors; the frames tell
    }
    long list = vm.structs.address("ObjectSynchronizer._in_use_list");
    long monitor = vm.memory.word(list + vm.structs.offset("MonitorList._head"));
    int next = vm.structs.offset("ObjectMonitor._next_om");
    for (int i = 0; monitor != 0 && i < MAX_MONITORS; i++) {
      Party owner = owner(monitor);
      long object = owner == null ? 0 : object(monitor);
      if (object != 0) {
        owns(owner, object);
      }
      monitor = vm.memory.word(monitor + next);
    }
  }

  private long object(long monitor) {
    return vm.version.monitorHasHandle()
        ? vm.oops.resolve(monitor + monitorObject)
        : vm.memory.word(monitor + monitorObject);
  }

  /** The owner is a JavaThread, a place on its stack, a number, or to be found on lock stacks. */
  private Party owner(long monitor) {
    long owner = vm.memory.word(monitor + monitorOwner);
    if (owner == 0) {
      return null;
    }
    if (owner == anonymousOwner) {
      Party holder = holder(vm.oops.identity(object(monitor)));
      return holder == null || isOnMonitor(holder) ? null : holder;
    }
    if (ownerId >= 0) {
      return byOwnerId.get(owner);
    }
    Party direct = byAddress.get(owner);
    return direct != null ? direct : onStackOf(owner);
  }

  private Party onStackOf(long address) {
    for (Party party : byAddress.values()) {
      if (party.thread.stack().contains(address)) {
        return party;
      }
    }
    return null;
  }

  /**
   * HotSpot's own word, or the frames': a virtual thread takes its lock stack along to the heap.
   */
  private Party holder(long identity) {
    Party owner = certainOwners.get(identity);
    return owner != null ? owner : holders.get(identity);
  }

  // ---- waits

  private void findWait(Party party) {
    JavaThread thread =
        party.thread != null && byAddress.get(party.thread.address()) == party
            ? party.thread
            : null;
    if (thread != null && thread.pendingMonitor() != 0) {
      long object = object(thread.pendingMonitor());
      party.holds.remove(vm.oops.identity(object)); // its frame lists it already
      setWait(party, "monitor", object, owner(thread.pendingMonitor()));
    } else if (thread != null && thread.waitingMonitor() != 0) {
      long object = object(thread.waitingMonitor());
      Party owner = owner(thread.waitingMonitor());
      if (owner != party) {
        party.holds.remove(vm.oops.identity(object)); // given up while it waits
      }
      setWait(party, "notification", object, owner);
    } else if (party.newestLock != 0 && isOnMonitor(party)) {
      long identity = remember(party.newestLock);
      party.holds.remove(identity);
      boolean isBlocked = party.unmountedState.startsWith("BLOCK");
      setWait(party, isBlocked ? "monitor" : "notification", party.newestLock, holder(identity));
    } else if (party.object != 0) {
      long blocker = threadObjects.parkBlocker(party.object);
      if (blocker != 0) {
        setWait(party, "unpark", blocker, ownerOfSynchronizer(blocker));
      }
    }
  }

  /** Since 24 a virtual thread leaves its carrier while it waits for a monitor (JEP 491). */
  private static boolean isOnMonitor(Party party) {
    return party.unmountedState != null
        && (party.unmountedState.startsWith("BLOCK")
            || party.unmountedState.startsWith("WAIT")
            || party.unmountedState.startsWith("TIMED_WAIT"));
  }

  private Party ownerOfSynchronizer(long blocker) {
    if (!vm.klasses.isA(vm.oops.klass(blocker), OWNABLE)) {
      return null;
    }
    long owner = vm.oops.object(blocker, "exclusiveOwnerThread");
    Party party = owner == 0 ? null : byObject.get(vm.oops.identity(owner));
    if (party != null) {
      party.holds.add(remember(blocker));
    }
    return party;
  }

  private void setWait(Party party, String how, long object, Party owner) {
    party.waitsForOwner = how.equals("notification") || owner == party ? null : owner;
    party.wait =
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

  List<StackDump.Lock> holds(Party party) {
    List<StackDump.Lock> locks = new ArrayList<>();
    for (long identity : party.holds) {
      locks.add(lock(identity));
    }
    return locks;
  }

  // ---- deadlocks

  /** Each circle once. */
  List<StackDump.Deadlock> deadlocks() {
    List<StackDump.Deadlock> found = new ArrayList<>();
    Set<Party> done = new HashSet<>();
    for (Party start : parties) {
      Map<Party, Integer> path = new LinkedHashMap<>();
      Party at = start;
      while (at != null && at.wait != null && !done.contains(at) && !path.containsKey(at)) {
        path.put(at, path.size());
        at = at.waitsForOwner;
      }
      if (at != null && path.containsKey(at)) {
        found.add(circle(new ArrayList<>(path.keySet()).subList(path.get(at), path.size())));
      }
      done.addAll(path.keySet());
    }
    return found;
  }

  private static StackDump.Deadlock circle(List<Party> parties) {
    List<String> threads = new ArrayList<>();
    List<StackDump.Lock> locks = new ArrayList<>();
    for (Party party : parties) {
      threads.add(party.name);
      locks.add(party.wait.lock());
    }
    return new StackDump.Deadlock(threads, locks);
  }
}
