// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import org.jspecify.annotations.Nullable;

/** {@code java.lang.Thread}, platform and virtual. */
final class ThreadObjects {

  static final String VIRTUAL_THREAD = "java.lang.VirtualThread";

  // JVMTI_THREAD_STATE_*, the values of Thread.threadStatus
  private static final int ALIVE = 0x1;
  private static final int TERMINATED = 0x2;
  private static final int RUNNABLE = 0x4;
  private static final int WAITING_INDEFINITELY = 0x10;
  private static final int WAITING_WITH_TIMEOUT = 0x20;
  private static final int BLOCKED_ON_MONITOR_ENTER = 0x400;

  private final HotSpotVm vm;
  private final Oops oops;

  ThreadObjects(HotSpotVm vm) {
    this.vm = vm;
    this.oops = vm.oops;
  }

  @Nullable String name(long thread) {
    return oops.string(oops.object(thread, "name"));
  }

  long id(long thread) {
    return oops.long8(thread, "tid");
  }

  boolean isVirtual(long thread) {
    return vm.klasses.isA(oops.klass(thread), VIRTUAL_THREAD);
  }

  /** The object with daemon, priority and status: since JDK 19 a separate one. */
  private long holder(long thread) {
    return oops.hasField(thread, "holder") ? oops.object(thread, "holder") : thread;
  }

  @Nullable Boolean daemon(long thread) {
    long holder = holder(thread);
    return holder == 0 ? null : (Boolean) oops.bool(holder, "daemon");
  }

  @Nullable Integer priority(long thread) {
    long holder = holder(thread);
    return holder == 0 ? null : (Integer) oops.int4(holder, "priority");
  }

  /** The {@code Thread.State} of a platform thread. */
  @Nullable String state(long thread) {
    long holder = holder(thread);
    if (holder == 0) {
      return null;
    }
    int status = oops.int4(holder, "threadStatus");
    if ((status & RUNNABLE) != 0) {
      return "RUNNABLE";
    } else if ((status & BLOCKED_ON_MONITOR_ENTER) != 0) {
      return "BLOCKED";
    } else if ((status & WAITING_WITH_TIMEOUT) != 0) {
      return "TIMED_WAITING";
    } else if ((status & WAITING_INDEFINITELY) != 0) {
      return "WAITING";
    } else if ((status & TERMINATED) != 0) {
      return "TERMINATED";
    }
    return (status & ALIVE) == 0 ? "NEW" : "RUNNABLE";
  }

  /** The blocker of a parked thread, or 0. */
  long parkBlocker(long thread) {
    return oops.object(thread, "parkBlocker");
  }
}
