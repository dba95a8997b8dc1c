// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.List;

/**
 * What {@link StackWalk} found.
 *
 * @param feature the JDK's feature version; 0 if no VM was found
 * @param threads Java's, the crashed one first, the others in HotSpot's order, virtual ones behind
 *     their carriers; then those that are not mounted; last the VM's own
 * @param deadlocks circles of threads that wait for each other
 * @param virtualThreadsLeftOut unmounted ones beyond the bound
 * @param softErrors what could not be read, and why
 */
public record StackDump(
    int feature,
    List<ThreadDump> threads,
    List<Deadlock> deadlocks,
    long virtualThreadsLeftOut,
    List<String> softErrors) {

  /** Evidence leaves out what is empty. */
  public StackDump {
    threads = threads == null ? List.of() : threads;
    deadlocks = deadlocks == null ? List.of() : deadlocks;
    softErrors = softErrors == null ? List.of() : softErrors;
  }

  /**
   * A thread.
   *
   * @param id Java's; null for a thread that is not Java's, or whose object can't be read
   * @param nativeId the kernel's; of a virtual thread that of its carrier, null if it has none
   * @param state name of the {@code Thread.State}; null if not known
   * @param vmState HotSpot's name, such as {@code _thread_in_native}; null for one that has none
   * @param daemon null if not known, as {@code priority}
   * @param frames newest first
   * @param holds the locks that it owns
   * @param waitsFor null if it waits for none
   * @param softErrors what is missing here, and why
   */
  public record ThreadDump(
      Long id,
      Integer nativeId,
      String name,
      String state,
      String vmState,
      Boolean daemon,
      Integer priority,
      boolean virtual,
      boolean crashed,
      List<Frame> frames,
      List<Lock> holds,
      Wait waitsFor,
      List<String> softErrors) {

    /** Evidence leaves out what is empty. */
    public ThreadDump {
      name = name == null ? "" : name;
      frames = frames == null ? List.of() : frames;
      holds = holds == null ? List.of() : holds;
      softErrors = softErrors == null ? List.of() : softErrors;
    }
  }

  /**
   * A monitor or a lock of java.util.concurrent.
   *
   * @param identity the address of the object, for comparing only
   * @param className its class
   */
  public record Lock(long identity, String className) {}

  /**
   * What a thread waits for.
   *
   * @param how {@code monitor} to enter it, {@code notification} in Object.wait, {@code unpark} by
   *     the object that it named as its blocker
   * @param ownerId Java's number of the thread that owns it, or null
   * @param ownerName null if not known
   */
  public record Wait(String how, Lock lock, Long ownerId, String ownerName) {}

  /**
   * Threads each of which waits for a lock that the next one owns, and the last for the first's.
   */
  public record Deadlock(List<String> threads, List<Lock> locks) {}
}
