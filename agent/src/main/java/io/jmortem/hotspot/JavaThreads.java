// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.LinkedHashSet;
import java.util.Set;

/** Reads the list of threads: {@code ThreadsSMRSupport}, or {@code Threads} up to JDK 9. */
final class JavaThreads {

  private static final int MAX_THREADS = 100_000;

  /** A native thread that attached itself may have a stack of any size. */
  private static final long MAX_STACK = 1L << 40;

  private static final String[] STATES = {
    "_thread_new", "_thread_in_native", "_thread_in_vm", "_thread_in_Java", "_thread_blocked"
  };

  private final ProcessMemory memory;
  private final VmStructs structs;
  private final Oops oops;
  private final int osThread;
  private final int threadId;
  private final int threadObj;
  private final boolean isHandle;
  private final int virtualThread;
  private final int state;
  private final int anchor;
  private final int stackBase;
  private final int stackSize;
  private final int pending;
  private final int waiting;

  JavaThreads(HotSpotVm vm) {
    this.memory = vm.memory;
    this.structs = vm.structs;
    this.oops = vm.oops;
    this.osThread = structs.offset("JavaThread._osthread", "Thread._osthread");
    this.threadId = structs.offset("OSThread._thread_id");
    this.threadObj = structs.offset("JavaThread._threadObj");
    this.isHandle = structs.typeOf("JavaThread._threadObj").equals("OopHandle");
    this.virtualThread = structs.offsetOrNone("JavaThread._vthread");
    this.state = structs.offset("JavaThread._thread_state");
    this.anchor = structs.offset("JavaThread._anchor");
    this.stackBase = structs.offset("JavaThread._stack_base", "Thread._stack_base");
    this.stackSize = structs.offset("JavaThread._stack_size", "Thread._stack_size");
    this.pending =
        structs.offset("JavaThread._current_pending_monitor", "Thread._current_pending_monitor");
    this.waiting =
        structs.offset("JavaThread._current_waiting_monitor", "Thread._current_waiting_monitor");
  }

  /** The addresses of all JavaThreads, the newest first as HotSpot lists them. */
  Set<Long> addresses() {
    Set<Long> found = new LinkedHashSet<>();
    if (structs.has("ThreadsSMRSupport._java_thread_list")) {
      long list = structs.staticWord("ThreadsSMRSupport._java_thread_list");
      long threads = memory.word(list + structs.offset("ThreadsList._threads"));
      int length = memory.int4(list + structs.offset("ThreadsList._length"));
      for (int i = 0; i < length && i < MAX_THREADS; i++) {
        found.add(memory.word(threads + 8L * i));
      }
    } else {
      int next = structs.offset("JavaThread._next");
      long thread = structs.staticWord("Threads._thread_list");
      for (int i = 0; thread != 0 && found.add(thread) && i < MAX_THREADS; i++) {
        thread = memory.word(thread + next);
      }
    }
    return found;
  }

  JavaThread read(long thread) {
    long base = memory.word(thread + stackBase);
    long size = memory.word(thread + stackSize);
    if (size < 0 || size > MAX_STACK || base < size) {
      base = 0; // attaching, or broken
      size = 0;
    }
    long object = 0;
    long mounted = 0;
    try {
      object =
          isHandle
              ? oops.resolve(thread + threadObj)
              : memory.word(thread + threadObj); // an oop, not a handle
      mounted = virtualThread < 0 ? 0 : oops.resolve(thread + virtualThread);
    } catch (BrokenStructureException e) {
      // its stack can still be walked
    }
    boolean carries = mounted != 0 && oops.identity(mounted) != oops.identity(object);
    return new JavaThread(
        thread,
        nativeId(thread),
        object,
        carries ? mounted : 0,
        memory.int4(thread + state),
        thread + anchor,
        new StackBounds(base - size, base),
        memory.word(thread + pending),
        memory.word(thread + waiting));
  }

  /** The tid of any HotSpot thread in its own pid namespace; or 0. */
  int nativeId(long thread) {
    long os = memory.word(thread + osThread);
    return os == 0 ? 0 : memory.int4(os + threadId);
  }

  /** HotSpot's name of a state; odd states are transitions from the previous one. */
  String stateName(int number) {
    for (String name : STATES) {
      long value = structs.constantOr(name, -1);
      if (value == number) {
        return name;
      }
      if (value + 1 == number) {
        return name + "_trans";
      }
    }
    return "state " + number;
  }

  boolean isInJava(JavaThread thread) {
    long inJava = structs.constantOr("_thread_in_Java", 8);
    return thread.state() == inJava;
  }
}
