// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code java.lang.VirtualThread}. HotSpot has no list of virtual threads, but the JDK has: {@code
 * jdk.internal.vm.ThreadContainers} knows the threads that were started directly, and the
 * containers (executors, scopes) of the others.
 */
final class VirtualThreads {

  static final String CONTINUATION = "jdk.internal.vm.Continuation";

  private static final String CONTAINERS = "jdk.internal.vm.ThreadContainers";
  private static final String TRACKING_ROOT =
      "jdk.internal.vm.ThreadContainers$RootContainer$TrackingRootContainer";

  private static final int MAX_KLASSES = 200_000;
  private static final int MAX_NODES = 100_000;
  private static final int MAX_CONTAINERS = 10_000;
  private static final int MAX_SCOPES = 1000;
  private static final String SCOPES = "headStackableScopes";

  /** Modifier of a state: the thread is suspended (up to 22). */
  private static final int SUSPENDED = 1 << 8;

  private static final int FIRST_TERMINATED = 99;

  private final HotSpotVm vm;
  private final Oops oops;
  private @Nullable Map<Integer, String> stateNames;

  VirtualThreads(HotSpotVm vm) {
    this.vm = vm;
    this.oops = vm.oops;
  }

  boolean exist() {
    return vm.structs.has("JavaThread._vthread");
  }

  /** The name of a virtual thread's state in its class, such as {@code TIMED_PARKED}; or null. */
  @Nullable String stateName(long thread) {
    if (stateNames == null) {
      stateNames =
          readStateNames(vm.klasses.superNamed(oops.klass(thread), ThreadObjects.VIRTUAL_THREAD));
    }
    return stateNames.get(oops.int4(thread, "state") & ~SUSPENDED);
  }

  /** The {@code Thread.State} of an unmounted virtual thread, or null. */
  @Nullable String state(long thread) {
    String name = stateName(thread);
    if (name == null) {
      return null;
    } else if (name.equals("NEW") || name.equals("TERMINATED")) {
      return name;
    } else if (name.startsWith("TIMED_")) {
      return "TIMED_WAITING";
    } else if (name.startsWith("BLOCK")) {
      return "BLOCKED";
    } else if (name.startsWith("PARK") || name.startsWith("PINNED") || name.startsWith("WAIT")) {
      return "WAITING";
    }
    return "RUNNABLE";
  }

  /** The constants of the class, which differ between versions. */
  private Map<Integer, String> readStateNames(long virtualThreadKlass) {
    Map<Integer, String> names = new HashMap<>();
    for (String name : vm.klasses.fieldNames(virtualThreadKlass)) {
      if (name.equals(name.toUpperCase(java.util.Locale.ROOT)) && name.length() > 2) {
        Integer value = staticInt(virtualThreadKlass, name);
        if (value != null && value >= 0 && value <= FIRST_TERMINATED) {
          names.put(value, name);
        }
      }
    }
    return names;
  }

  private @Nullable Integer staticInt(long klass, String field) {
    try {
      long mirror = oops.resolve(vm.klasses.mirrorHandle(klass));
      return vm.memory.int4(mirror + vm.klasses.fieldOffset(klass, field));
    } catch (BrokenStructureException e) {
      return null;
    }
  }

  // ---- finding them

  /**
   * All virtual threads that the JDK knows, also mounted ones, as far as memory allows.
   *
   * @param owners known threads, which may have opened scopes
   * @param softErrors what could not be read
   */
  Set<Long> find(Set<Long> owners, List<String> softErrors) {
    Set<Long> threads = new LinkedHashSet<>();
    try {
      Map<String, Long> klasses = findKlasses();
      Long root = klasses.get(TRACKING_ROOT);
      if (root != null) {
        addThreads(staticObject(root, "VTHREADS"), threads, softErrors);
      }
      Long containers = klasses.get(CONTAINERS);
      if (containers != null) {
        Set<Long> references = new HashSet<>();
        addKeys(staticObject(containers, "CONTAINER_REGISTRY"), references, MAX_CONTAINERS);
        for (long reference : references) {
          addContainer(reference, threads, softErrors);
        }
      }
    } catch (BrokenStructureException e) {
      softErrors.add("virtual threads: " + e.getMessage());
    }
    addScopes(owners, threads, softErrors);
    if (threads.size() >= MAX_NODES) {
      softErrors.add(
          "there are more than " + MAX_NODES + " virtual threads: the others are not counted");
    }
    return threads;
  }

  /** Threads of structured scopes, which the thread that opened the scope refers to. */
  private void addScopes(Set<Long> owners, Set<Long> threads, List<String> softErrors) {
    List<Long> open = new ArrayList<>(owners);
    for (int i = 0; i < open.size() && i < MAX_CONTAINERS; i++) {
      Set<Long> found = new HashSet<>();
      try {
        if (!oops.hasField(open.get(i), SCOPES)) {
          return; // this version has no such field
        }
        long scope = oops.object(open.get(i), SCOPES);
        for (int depth = 0; scope != 0 && depth < MAX_SCOPES; depth++) {
          addMembers(scope, found, softErrors);
          scope = oops.object(scope, "previous");
        }
      } catch (BrokenStructureException e) {
        softErrors.add("a thread's scopes: " + e.getMessage());
      }
      for (long thread : found) {
        if (threads.add(thread)) {
          open.add(thread); // it may have opened a scope, too
        }
      }
    }
  }

  private void addContainer(long reference, Set<Long> threads, List<String> softErrors) {
    try {
      long container = oops.object(reference, "referent");
      if (container != 0) {
        addMembers(container, threads, softErrors);
      }
    } catch (BrokenStructureException e) {
      softErrors.add("a container of virtual threads: " + e.getMessage());
    }
  }

  private void addMembers(long container, Set<Long> threads, List<String> softErrors) {
    try {
      if (oops.hasField(container, "flock")) { // ThreadFlock$ThreadContainerImpl
        container = oops.object(container, "flock");
      }
      for (String field : new String[] {"threads", "virtualThreads"}) {
        if (oops.hasField(container, field)) {
          addThreads(oops.object(container, field), threads, softErrors);
        }
      }
    } catch (BrokenStructureException e) {
      softErrors.add("a container of virtual threads: " + e.getMessage());
    }
  }

  private void addThreads(long set, Set<Long> threads, List<String> softErrors) {
    try {
      addKeys(set, threads, MAX_NODES);
    } catch (BrokenStructureException e) {
      softErrors.add("a set of virtual threads: " + e.getMessage());
    }
  }

  private Map<String, Long> findKlasses() {
    Map<String, Long> found = new HashMap<>();
    long data = vm.structs.staticWord("ClassLoaderDataGraph._head");
    int next = vm.structs.offset("ClassLoaderData._next");
    int klassesOffset = vm.structs.offset("ClassLoaderData._klasses");
    int loader = vm.structs.offset("ClassLoaderData._class_loader");
    int nextLink = vm.structs.offset("Klass._next_link");
    int seen = 0;
    for (int i = 0; data != 0 && i < MAX_KLASSES && found.size() < 2; i++) {
      boolean isBoot = oops.resolve(data + loader) == 0;
      long klass = isBoot ? vm.memory.word(data + klassesOffset) : 0;
      while (klass != 0 && seen++ < MAX_KLASSES) {
        String name = vm.klasses.name(klass);
        if (name.equals(CONTAINERS) || name.equals(TRACKING_ROOT)) {
          found.put(name, klass);
        }
        klass = vm.memory.word(klass + nextLink);
      }
      data = vm.memory.word(data + next);
    }
    return found;
  }

  private long staticObject(long klass, String field) {
    int offset = vm.klasses.fieldOffset(klass, field);
    if (offset < 0) {
      throw new BrokenStructureException("a class without static field " + field, klass);
    }
    return oops.load(oops.resolve(vm.klasses.mirrorHandle(klass)) + offset);
  }

  // ---- ConcurrentHashMap and its key set

  private void addKeys(long set, Set<Long> keys, int limit) {
    if (set == 0) {
      return;
    }
    long map = oops.hasField(set, "map") ? oops.object(set, "map") : set;
    long table = oops.object(map, "table");
    if (table == 0) {
      if (oops.hasField(map, "baseCount") && oops.long8(map, "baseCount") != 0) {
        throw new BrokenStructureException("a map without table", map); // memory that was reused
      }
      return;
    }
    List<Long> tables = new ArrayList<>();
    tables.add(table);
    for (int t = 0; t < tables.size() && t < 4; t++) {
      int length = oops.length(tables.get(t));
      for (int i = 0; i < length && keys.size() < limit; i++) {
        addBin(oops.element(tables.get(t), i), keys, limit, tables);
      }
    }
  }

  private void addBin(long node, Set<Long> keys, int limit, List<Long> tables) {
    if (node == 0) {
      return;
    }
    if (oops.hasField(node, "nextTable")) { // the table is being replaced by a larger one
      long next = oops.object(node, "nextTable");
      if (next != 0 && !tables.contains(next)) {
        tables.add(next);
      }
      return;
    }
    if (oops.hasField(node, "first")) { // a tree: its nodes are also a list
      node = oops.object(node, "first");
    }
    while (node != 0 && keys.size() < limit) {
      long key = oops.object(node, "key");
      if (key == 0 || !keys.add(key)) {
        return;
      }
      node = oops.object(node, "next");
    }
  }
}
