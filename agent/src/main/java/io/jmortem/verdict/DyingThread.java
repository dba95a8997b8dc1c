// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.hotspot.Frame;
import io.jmortem.hotspot.StackDump.ThreadDump;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.hserr.HsErrThread;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The thread that died, or that ended the process, as the walk shows it. */
final class DyingThread {

  /** Libraries that act for their callers: the C and C++ libraries, and libjvm. */
  private static final Pattern RUNTIME =
      Pattern.compile(
          "(?:libc|libstdc\\+\\+|libc\\+\\+|libc\\+\\+abi|libgcc_s|libpthread|libjvm|ld-linux.*|ld-musl.*)"
              + "(?:-[\\d.]+)?\\.so.*|\\[vdso\\]|");

  static final Pattern JNI_FUNCTION = Pattern.compile("(?:checked_)?jni_(\\w+?)(?:\\+0x.*|$)");

  /** Kernel names (15 bytes) of HotSpot's own threads that are not JavaThreads. */
  private static final List<String> VM_THREADS =
      List.of(
          "VM Thread",
          "VM Periodic Tas",
          "GC Thread#",
          "GC task thread",
          "Gang worker",
          "ParGC",
          "Parallel GC",
          "G1 ",
          "ZDriver",
          "ZDirector",
          "ZWorker",
          "ZStat",
          "ZUncommitter",
          "ZUnmapper",
          "ZCollector",
          "XDriver",
          "XWorker",
          "RuntimeWorker",
          "Shenandoah",
          "StringDedup",
          "CMS Main",
          "Concurrent ",
          "AsyncLog Thread",
          "JFR Sampler",
          "JFR Thread Samp",
          "Native Sampler");

  /** The limit of Linux on 64-bit machines. */
  private static final long MAX_TID = 1 << 22;

  private final Death death;
  private final Event.@Nullable ThreadIds ids;
  private final Optional<ThreadDump> dump;

  DyingThread(Death death, Event.ThreadIds ids) {
    this.death = death;
    this.ids = ids.hasNumbers() ? ids : null;
    this.dump = ids.hasNumbers() ? death.threadDump(ids.vtid()) : Optional.empty();
  }

  DyingThread(Death death, ThreadDump dump) {
    this.death = death;
    this.ids = null;
    this.dump = Optional.of(dump);
  }

  private List<Frame> frames() {
    return dump.map(ThreadDump::frames).orElse(List.of());
  }

  private static boolean isJava(Frame frame) {
    return frame.className() != null;
  }

  boolean hasJavaFrames() {
    return frames().stream().anyMatch(DyingThread::isJava);
  }

  /** The newest Java method, such as the native method; empty if there is none. */
  Optional<String> method() {
    return frames().stream()
        .filter(DyingThread::isJava)
        .findFirst()
        .map(frame -> frame.className() + "." + frame.method());
  }

  /** The same as " at METHOD", or empty. */
  String atMethod() {
    return method().map(method -> " at " + method).orElse("");
  }

  /**
   * The library to look at: the one that holds the place itself, or else a caller, found by what
   * looks like a return address on the stack. Empty if it is unknown.
   *
   * @param caller a known return address; null if there is none
   */
  Optional<String> library(@Nullable String caller) {
    String first = caller == null ? "" : death.library(caller);
    if (!isRuntime(first)) {
      return Optional.of(first);
    }
    return frames().stream()
        .takeWhile(frame -> !isJava(frame))
        .map(this::libraryOf)
        .filter(name -> !isRuntime(name))
        .findFirst();
  }

  private String libraryOf(Frame frame) {
    return death.library("0x" + Long.toHexString(frame.pc()));
  }

  static boolean isRuntime(String library) {
    return RUNTIME.matcher(library).matches();
  }

  /**
   * Whether libjvm called the function of the C library that ended the process.
   *
   * @param caller the return address of that function; null if it is unknown
   */
  boolean isEndedByTheVm(@Nullable String caller) {
    String library =
        caller != null
            ? death.library(caller)
            : frames().stream()
                .takeWhile(frame -> !isJava(frame))
                .map(this::libraryOf)
                .dropWhile(name -> name.startsWith("libc.") || name.startsWith("libc-"))
                .findFirst()
                .orElse("");
    return library.equals("libjvm.so");
  }

  /** The JNI function that the thread is in, called from outside libjvm; empty if there is none. */
  Optional<String> jniFunction() {
    return frames().stream()
        .takeWhile(frame -> !isJava(frame) && isRuntime(libraryOf(frame)))
        .filter(frame -> frame.kind() == Frame.Kind.VM && frame.function() != null)
        .map(frame -> JNI_FUNCTION.matcher(frame.function()))
        .filter(Matcher::matches)
        .map(matcher -> matcher.group(1))
        .reduce((newer, older) -> older);
  }

  /** Classes by which Java code accesses memory by address. */
  private static final Set<String> MEMORY_ACCESS =
      Set.of(
          "jdk.internal.misc.Unsafe",
          "sun.misc.Unsafe",
          "jdk.internal.misc.ScopedMemoryAccess",
          "java.nio.Bits");

  private static final List<String> PLATFORM = List.of("java.", "javax.", "jdk.", "sun.");

  /** Advice if Java code itself passed a wrong address; otherwise empty. */
  Optional<String> memoryAccessHint() {
    List<Frame> java = frames().stream().filter(DyingThread::isJava).toList();
    if (java.isEmpty() || !MEMORY_ACCESS.contains(java.get(0).className())) {
      return Optional.empty();
    }
    boolean isSegment =
        java.stream()
            .takeWhile(DyingThread::isPlatform)
            .anyMatch(
                frame -> isOf(frame, "jdk.internal.foreign.") || isOf(frame, "java.lang.foreign."));
    String who =
        java.stream()
            .filter(frame -> !isPlatform(frame))
            .findFirst()
            .map(frame -> frame.className() + "." + frame.method())
            .orElse("its caller");
    return Optional.of(
        isSegment
            ? who
                + " accessed a memory segment without valid memory: look for a reinterpret() with a"
                + " wrong size or address, or for memory that native code has freed"
            : who
                + " passed a wrong address to Unsafe: look for memory that was freed or"
                + " unmapped, or"
                + " for an offset beyond its end");
  }

  private static boolean isPlatform(Frame frame) {
    return PLATFORM.stream().anyMatch(prefix -> isOf(frame, prefix));
  }

  private static boolean isOf(Frame frame, String prefix) {
    return frame.className() != null && frame.className().startsWith(prefix);
  }

  /** A clause that names the JNI function; empty if the thread is in none. */
  String jniCall() {
    return jniFunction()
        .map(
            name ->
                ", which called JNI "
                    + name
                    + library(null).map(library -> " from " + library).orElse(""))
        .orElse("");
  }

  /** Whether one of these functions is among its newest native frames. */
  boolean isIn(Set<String> functions) {
    return frames().stream()
        .takeWhile(frame -> !isJava(frame))
        .map(Frame::function)
        .filter(Objects::nonNull)
        .anyMatch(function -> functions.contains(function.replaceFirst("\\+0x.*", "")));
  }

  /** Whether the thread is attached to the VM. */
  private enum Attachment {
    ATTACHED,
    UNATTACHED,
    UNKNOWN
  }

  /** Known from the walk, or from hs_err, or from a name that only HotSpot's threads have. */
  private Attachment attachment(Event.ThreadIds ids) {
    boolean isVms = VM_THREADS.stream().anyMatch(ids.comm()::startsWith);
    boolean isListed =
        dump.map(thread -> thread.id() != null || thread.vmState() != null).orElse(false);
    if (isVms || isListed) {
      return Attachment.ATTACHED;
    }
    if (dump.isPresent() && death.knowsAllJavaThreads()) {
      return Attachment.UNATTACHED;
    }
    if (logged(ids).isPresent() || death.evidence.javaName(ids.vtid()).isPresent()) {
      return Attachment.ATTACHED;
    }
    return death.hsErr.filter(log -> isNativeIn(log, ids)).isPresent()
        ? Attachment.UNATTACHED
        : Attachment.UNKNOWN;
  }

  /** The thread in hs_err, if hs_err is about it. */
  private Optional<HsErrThread> logged(Event.ThreadIds ids) {
    return death.hsErr.map(HsErrLog::currentThread).filter(thread -> thread.id() == ids.vtid());
  }

  /** The headline of JDK 8 has another thread number, which is too large for a tid. */
  private static boolean isNativeIn(HsErrLog log, Event.ThreadIds ids) {
    boolean isOther = log.tid() >= 0 && log.tid() <= MAX_TID && log.tid() != ids.vtid();
    return log.isNativeThread() && !isOther;
  }

  /**
   * The thread in words. A native thread inherits the name of the thread that created it, until it
   * sets another one. A name that a Java thread has, too, would mislead, and is not used.
   */
  String described() {
    if (ids == null) {
      return dump.map(this::described).orElse("?");
    }
    Attachment attachment = attachment(ids);
    if (attachment == Attachment.ATTACHED) {
      return "thread " + death.quoted(ids.vtid(), name(ids));
    }
    if (ids.vtid() == ids.vtgid()) {
      return "the process's first thread (" + ids.vtid() + ")";
    }
    if (attachment == Attachment.UNKNOWN) {
      return "the thread with the kernel name \"" + ids.comm() + "\" (" + ids.vtid() + ")";
    }
    String number = "(" + ids.vtid() + ", not attached to the VM)";
    // without a list of Java threads, any of them may have that name
    return !death.knowsJavaThreads() || death.isCommOfJavaThread(ids.comm())
        ? "a native thread " + number
        : "native thread \"" + ids.comm() + "\" " + number;
  }

  /** Known only from the walk: the tid of a thread that is not a Java thread is lost. */
  private String described(ThreadDump found) {
    return found.nativeId() == null
        ? "a native thread (not a Java thread)"
        : "thread " + death.quoted(found.nativeId(), found.name());
  }

  private String name(Event.ThreadIds ids) {
    return logged(ids).map(HsErrThread::name).filter(name -> !name.isEmpty()).orElse(ids.comm());
  }
}
