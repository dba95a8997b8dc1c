// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of {@link StackWalk}.
 *
 * @param feature the JDK's feature version; 0 if no VM was found
 * @param threads Java threads: the crashed one first, then HotSpot's order, with virtual threads
 *     after their carriers; then unmounted virtual threads; then VM threads
 * @param deadlocks cycles of threads that wait for each other
 * @param virtualThreadsLeftOut the number of unmounted virtual threads beyond the bound
 * @param reason why the crashed thread called abort(); null if it did not, or unknown
 * @param search the search for the thread that ended the process; null if that was recorded
 * @param softErrors what could not be read, and why
 */
public record StackDump(
    int feature,
    List<ThreadDump> threads,
    List<Deadlock> deadlocks,
    long virtualThreadsLeftOut,
    @Nullable Reason reason,
    @Nullable Search search,
    List<String> softErrors) {

  /** Nothing was found, and nothing went wrong. */
  public static final StackDump EMPTY =
      new StackDump(0, List.of(), List.of(), 0, null, null, List.of());

  /** The beginning of an error about a Java thread that could not be read. */
  public static final String UNREAD_THREAD = "a JavaThread: ";

  /** Evidence leaves out what is empty. */
  public StackDump {
    threads = threads == null ? List.of() : threads;
    deadlocks = deadlocks == null ? List.of() : deadlocks;
    softErrors = softErrors == null ? List.of() : softErrors;
  }

  /**
   * Why abort() was called.
   *
   * @param kind {@code jni-fatal-error}: JNI's FatalError; {@code jni-check}: an error that {@code
   *     -Xcheck:jni} found; {@code c++-exception}: an uncaught exception; {@code c++-terminate}: no
   *     exception was found
   * @param type the mangled type of the exception; otherwise null
   * @param message null if none was found
   */
  public record Reason(String kind, @Nullable String type, @Nullable String message) {
    public static final String JNI_FATAL_ERROR = "jni-fatal-error";
    public static final String JNI_CHECK = "jni-check";
    public static final String CXX_EXCEPTION = "c++-exception";
    public static final String CXX_TERMINATE = "c++-terminate";
  }

  /**
   * A search of all stacks; what was found is the crashed thread.
   *
   * @param what {@code abort}: a thread that called abort(); {@code overflow}: a thread whose
   *     native code used up its stack
   * @param all whether the stacks of native threads, which the VM does not know, were found, too
   */
  public record Search(String what, boolean all) {
    public static final String ABORT = "abort";
    public static final String OVERFLOW = "overflow";
  }

  /** The same dump with other threads. */
  public StackDump withThreads(List<ThreadDump> others) {
    return new StackDump(
        feature, others, deadlocks, virtualThreadsLeftOut, reason, search, softErrors);
  }

  /**
   * A thread.
   *
   * @param id Java's thread id; null if it is not a Java thread, or its object can't be read
   * @param nativeId the tid; for a virtual thread that of its carrier; null if it has none
   * @param state name of the {@code Thread.State}; null if unknown
   * @param vmState HotSpot's name, such as {@code _thread_in_native}; null if it has none
   * @param daemon null if unknown, as {@code priority}
   * @param frames newest first
   * @param vmFrames guessed frames of the VM above the Java frames; for the crashed thread, they
   *     are among {@code frames}
   * @param holds the locks that it owns
   * @param waitsFor the lock that it waits for, or null
   * @param softErrors what is missing in this thread, and why
   */
  public record ThreadDump(
      @Nullable Long id,
      @Nullable Integer nativeId,
      String name,
      @Nullable String state,
      @Nullable String vmState,
      @Nullable Boolean daemon,
      @Nullable Integer priority,
      boolean virtual,
      boolean crashed,
      List<Frame> frames,
      List<Frame> vmFrames,
      List<Lock> holds,
      @Nullable Wait waitsFor,
      List<String> softErrors) {

    /** Evidence leaves out what is empty. */
    public ThreadDump {
      name = name == null ? "" : name;
      frames = frames == null ? List.of() : frames;
      vmFrames = vmFrames == null ? List.of() : vmFrames;
      holds = holds == null ? List.of() : holds;
      softErrors = softErrors == null ? List.of() : softErrors;
    }

    /** A thread without any facts yet. */
    public static ThreadDumpBuilder builder() {
      return new ThreadDumpBuilder();
    }

    /** A builder with the values of this thread. */
    public ThreadDumpBuilder toBuilder() {
      return new ThreadDumpBuilder(this);
    }

    /** The same with other frames. */
    public ThreadDump withFrames(List<Frame> others, List<Frame> othersOfVm) {
      return toBuilder().frames(others).vmFrames(othersOfVm).build();
    }
  }

  /**
   * A monitor or a lock of java.util.concurrent.
   *
   * @param identity the address of the object, only for comparing
   * @param className its class
   */
  public record Lock(long identity, String className) {}

  /**
   * What a thread waits for.
   *
   * @param how {@code monitor}: to enter it; {@code notification}: in Object.wait; {@code unpark}:
   *     parked with the object as its blocker
   * @param ownerId Java's thread id of the owner, or null
   * @param ownerName null if unknown
   */
  public record Wait(String how, Lock lock, @Nullable Long ownerId, @Nullable String ownerName) {}

  /**
   * A cycle of threads: each waits for a lock of the next one, and the last for one of the first.
   */
  public record Deadlock(List<String> threads, List<Lock> locks) {}
}
