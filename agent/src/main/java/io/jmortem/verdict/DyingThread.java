// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.hotspot.Frame;
import io.jmortem.hotspot.StackDump.ThreadDump;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.hserr.HsErrThread;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the walk tells of the thread that died, or that ended the process. */
final class DyingThread {

  /** The C and C++ libraries, that do what they are asked to; the VM is not to blame either. */
  private static final Pattern RUNTIME =
      Pattern.compile(
          "(?:libc|libstdc\\+\\+|libc\\+\\+|libc\\+\\+abi|libgcc_s|libpthread|libjvm|ld-linux.*|ld-musl.*)"
              + "(?:-[\\d.]+)?\\.so.*|\\[vdso\\]|");

  static final Pattern JNI_FUNCTION = Pattern.compile("(?:checked_)?jni_(\\w+?)(?:\\+0x.*|$)");

  /** What the kernel calls HotSpot's own threads that are no JavaThreads: at most 15 bytes. */
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

  /** Of Linux, on 64-bit machines. */
  private static final long MAX_TID = 1 << 22;

  private final Death death;
  private final Event.ThreadIds ids;
  private final Optional<ThreadDump> dump;

  DyingThread(Death death, Event.ThreadIds ids) {
    this.death = death;
    this.ids = ids;
    this.dump = ids == null ? Optional.empty() : death.threadDump(ids.vtid());
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

  /**
   * The newest method of Java's, such as the native one that has called; empty if none is known.
   */
  Optional<String> method() {
    return frames().stream()
        .filter(DyingThread::isJava)
        .findFirst()
        .map(frame -> frame.className() + "." + frame.method());
  }

  /** The same behind a verb, or nothing. */
  String atMethod() {
    return method().map(method -> " at " + method).orElse("");
  }

  /**
   * The file of the native code that is to blame: where the place itself is, or else of whoever has
   * called, by what looks like a return address on the stack. Empty if none is known.
   *
   * @param caller a return address that is known; null if none is
   */
  Optional<String> library(String caller) {
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
   * Whether it was libjvm that called the C library's function that has ended the process.
   *
   * @param caller the return address of that; null if it is not known
   */
  boolean isEndedByTheVm(String caller) {
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

  /** Whether it is one of those functions' code, called from what is not libjvm's. */
  Optional<String> jniFunction() {
    return frames().stream()
        .takeWhile(frame -> !isJava(frame) && isRuntime(libraryOf(frame)))
        .filter(frame -> frame.kind() == Frame.Kind.VM && frame.function() != null)
        .map(frame -> JNI_FUNCTION.matcher(frame.function()))
        .filter(Matcher::matches)
        .map(matcher -> matcher.group(1))
        .reduce((newer, older) -> older);
  }

  /** Where Java reaches memory by its address. */
  private static final Set<String> MEMORY_ACCESS =
      Set.of(
          "jdk.internal.misc.Unsafe",
          "sun.misc.Unsafe",
          "jdk.internal.misc.ScopedMemoryAccess",
          "java.nio.Bits");

  private static final List<String> PLATFORM = List.of("java.", "javax.", "jdk.", "sun.");

  /** Advice where Java code itself has given a wrong address; empty if it has not. */
  Optional<String> memoryAccessHint() {
    List<Frame> java = frames().stream().filter(DyingThread::isJava).toList();
    if (java.isEmpty() || !MEMORY_ACCESS.contains(java.get(0).className())) {
      return Optional.empty();
    }
    boolean isSegment =
        java.stream()
            .takeWhile(DyingThread::isPlatform)
            .anyMatch(
                frame ->
                    frame.className().startsWith("jdk.internal.foreign.")
                        || frame.className().startsWith("java.lang.foreign."));
    String who =
        java.stream()
            .filter(frame -> !isPlatform(frame))
            .findFirst()
            .map(frame -> frame.className() + "." + frame.method())
            .orElse("its caller");
    return Optional.of(
        isSegment
            ? who
                + " accessed a memory segment whose memory is not there: a reinterpret() to a wrong"
                + " size or address, or memory that native code has freed"
            : who
                + " gave Unsafe a wrong address: memory that was freed or unmapped, or an offset"
                + " beyond its end");
  }

  private static boolean isPlatform(Frame frame) {
    return PLATFORM.stream().anyMatch(frame.className()::startsWith);
  }

  /** What it was doing in the VM, as a clause; empty if it is in no JNI function. */
  String jniCall() {
    return jniFunction()
        .map(
            name ->
                ", which called JNI "
                    + name
                    + library(null).map(library -> " from " + library).orElse(""))
        .orElse("");
  }

  /** A function of its newest native frames. */
  boolean isIn(Set<String> functions) {
    return frames().stream()
        .takeWhile(frame -> !isJava(frame))
        .filter(frame -> frame.function() != null)
        .anyMatch(frame -> functions.contains(frame.function().replaceFirst("\\+0x.*", "")));
  }

  /** Whether the VM knows it. */
  private enum Attachment {
    ATTACHED,
    UNATTACHED,
    UNKNOWN
  }

  /** As the walk says, else HotSpot's own log, else its name where that is one of HotSpot's. */
  private Attachment attachment() {
    boolean isVms = VM_THREADS.stream().anyMatch(ids.comm()::startsWith);
    boolean isListed =
        dump.map(thread -> thread.id() != null || thread.vmState() != null).orElse(false);
    if (isVms || isListed) {
      return Attachment.ATTACHED;
    }
    if (dump.isPresent() && death.knowsAllJavaThreads()) {
      return Attachment.UNATTACHED;
    }
    if (logged().isPresent() || death.evidence.javaName(ids.vtid()).isPresent()) {
      return Attachment.ATTACHED;
    }
    return death.hsErr.filter(this::isNativeIn).isPresent()
        ? Attachment.UNATTACHED
        : Attachment.UNKNOWN;
  }

  /** It as HotSpot's log has it, if that is about it. */
  private Optional<HsErrThread> logged() {
    return death.hsErr.map(HsErrLog::currentThread).filter(thread -> thread.id() == ids.vtid());
  }

  /** JDK 8 has another number of it in its head line: too large for the kernel's. */
  private boolean isNativeIn(HsErrLog log) {
    boolean isOther = log.tid() >= 0 && log.tid() <= MAX_TID && log.tid() != ids.vtid();
    return log.isNativeThread() && !isOther;
  }

  /**
   * As a reader knows it. A native thread has the name of the thread that made it, until it gives
   * itself another: of a Java thread's that would mislead.
   */
  String described() {
    if (ids == null) {
      return dump.map(this::described).orElse("?");
    }
    Attachment attachment = attachment();
    if (attachment == Attachment.ATTACHED) {
      return "thread " + death.quoted(ids.vtid(), name());
    }
    if (ids.vtid() == ids.vtgid()) {
      return "the process's first thread (" + ids.vtid() + ")";
    }
    if (attachment == Attachment.UNKNOWN) {
      return "the thread that the kernel calls \"" + ids.comm() + "\" (" + ids.vtid() + ")";
    }
    String number = "(" + ids.vtid() + ", not attached to the VM)";
    // without a list of Java's threads, any may have that name
    return !death.knowsJavaThreads() || death.isCommOfJavaThread(ids.comm())
        ? "a native thread " + number
        : "native thread \"" + ids.comm() + "\" " + number;
  }

  /** By the walk alone: the number of a thread that is not Java's went with it. */
  private String described(ThreadDump found) {
    return found.nativeId() == null
        ? "a native thread (none of Java's)"
        : "thread " + death.quoted(found.nativeId(), found.name());
  }

  private String name() {
    return logged().map(HsErrThread::name).filter(name -> !name.isEmpty()).orElse(ids.comm());
  }
}
