// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link StackWalk} found.
 *
 * @param feature the JDK's feature version; 0 if no VM was found
 * @param threads Java's, the crashed one first, the others in HotSpot's order, virtual ones behind
 *     their carriers; then those that are not mounted; last the VM's own
 * @param deadlocks cycles of threads that wait for each other
 * @param virtualThreadsLeftOut unmounted ones beyond the bound
 * @param reason why the crashed thread called abort(); null if it did not, or it is not known
 * @param search for the thread that ended the process, where nobody saw it; else null
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

  /** How an error begins that tells of one of Java's threads that could not be read. */
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
   *     -Xcheck:jni} found; {@code c++-exception} that nobody caught; {@code c++-terminate}: no
   *     exception was found
   * @param type of the exception, mangled; otherwise null
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
   * @param what {@code abort}: a thread that has called abort(); {@code overflow}: one whose native
   *     code has used up its stack
   * @param all whether native threads' stacks were found too, that the VM does not know
   */
  public record Search(String what, boolean all) {
    public static final String ABORT = "abort";
    public static final String OVERFLOW = "overflow";
  }

  /** The same with other threads. */
  public StackDump withThreads(List<ThreadDump> others) {
    return new StackDump(
        feature, others, deadlocks, virtualThreadsLeftOut, reason, search, softErrors);
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
   * @param vmFrames of a thread that Java code has left for the VM: what the VM does for it,
   *     guessed; not of the crashed one, of which they are among the frames
   * @param holds the locks that it owns
   * @param waitsFor null if it waits for none
   * @param softErrors what is missing here, and why
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

    /** A thread of which nothing is known yet. */
    public static ThreadDumpBuilder builder() {
      return new ThreadDumpBuilder();
    }

    /** The same, to be changed. */
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
  public record Wait(String how, Lock lock, @Nullable Long ownerId, @Nullable String ownerName) {}

  /**
   * Threads each of which waits for a lock that the next one owns, and the last for the first's.
   */
  public record Deadlock(List<String> threads, List<Lock> locks) {}
}
