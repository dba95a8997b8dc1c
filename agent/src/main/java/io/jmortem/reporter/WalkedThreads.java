// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.hotspot.Frame.Kind;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hotspot.StackDump.ThreadDump;
import io.jmortem.hserr.HsErrFrame;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.hserr.HsErrThread;
import io.jmortem.proc.MemoryMap;
import io.jmortem.report.Report.Deadlock;
import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.LockInfo;
import io.jmortem.report.Report.ThreadInfo;
import io.jmortem.report.Report.Trust;
import io.jmortem.report.Report.WaitInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The threads as the walk through the frozen memory found them. HotSpot's log adds what the walk
 * does not look for: the functions of native code on top of the crashed stack.
 */
final class WalkedThreads {

  /** Of a thread's name the kernel keeps so many bytes. */
  private static final int KERNEL_NAME_LENGTH = 15;

  private final StackDump dump;
  private final Optional<HsErrLog> hsErr;
  private final MemoryMap map;
  private final Map<Long, HsErrThread> logged;

  WalkedThreads(StackDump dump, Optional<HsErrLog> hsErr, MemoryMap map) {
    this.dump = dump;
    this.hsErr = hsErr;
    this.map = map;
    this.logged =
        hsErr.map(HsErrLog::threads).orElse(List.of()).stream()
            .collect(Collectors.toMap(HsErrThread::id, Function.identity(), (one, two) -> one));
  }

  List<ThreadInfo> threads() {
    return dump.threads().stream().map(this::thread).toList();
  }

  List<Deadlock> deadlocks() {
    return dump.deadlocks().stream()
        .map(
            deadlock ->
                new Deadlock(
                    deadlock.threads(),
                    deadlock.locks().stream().map(WalkedThreads::lock).toList()))
        .toList();
  }

  private ThreadInfo thread(ThreadDump thread) {
    List<Frame> frames = thread.frames().stream().map(this::frame).toList();
    return ThreadInfo.builder()
        .id(thread.id())
        .nativeId(thread.nativeId())
        .name(name(thread))
        .state(thread.state())
        .vmState(thread.vmState())
        .daemon(thread.daemon())
        .priority(thread.priority())
        .virtual(thread.virtual())
        .crashed(thread.crashed())
        .frames(framesOf(thread, frames))
        .holds(thread.holds().stream().map(WalkedThreads::lock).toList())
        .waitsFor(wait(thread.waitsFor()))
        .softErrors(thread.softErrors())
        .build();
  }

  /** Of the thread that failed the log knows what it was in, and where in Java it was. */
  private List<Frame> framesOf(ThreadDump thread, List<Frame> walked) {
    boolean isLogs =
        thread.crashed()
            ? hsErr.filter(log -> isOf(log, thread)).isPresent()
            : thread.nativeId() != null
                && hsErr.map(HsErrLog::failedThread).map(thread.nativeId()::equals).orElse(false);
    if (!isLogs) {
      return walked;
    }
    // the walk in the exit is told of no fault, and comes after HotSpot's handler
    boolean isUnclear = walked.isEmpty() || !thread.softErrors().isEmpty();
    return !thread.crashed() && isUnclear ? logged(hsErr.get().frames()) : withTopFrames(walked);
  }

  private List<Frame> logged(List<HsErrFrame> frames) {
    return frames.stream().map(frame -> LoggedFrames.frame(frame, map)).toList();
  }

  /** HotSpot's log has the whole name where the kernel's is cut off. */
  private String name(ThreadDump thread) {
    if (thread.id() == null
        && thread.nativeId() != null
        && thread.name().length() == KERNEL_NAME_LENGTH) {
      HsErrThread known = logged.get((long) thread.nativeId());
      if (known != null && known.name().startsWith(thread.name())) {
        return known.name();
      }
    }
    if (thread.nativeId() == null && thread.id() == null && thread.name().isEmpty()) {
      return "(native thread)"; // its name went with it
    }
    boolean isInherited =
        thread.id() == null
            && thread.vmState() == null
            && dump.threads().stream()
                .anyMatch(other -> other.id() != null && isKernelNameOf(thread, other));
    return thread.name() + (isInherited ? " (a native thread's, inherited)" : "");
  }

  /** A thread has its maker's name until it gets another. */
  private static boolean isKernelNameOf(ThreadDump thread, ThreadDump java) {
    return !thread.name().isEmpty()
        && (java.name().equals(thread.name())
            || (thread.name().length() == KERNEL_NAME_LENGTH
                && java.name().startsWith(thread.name())));
  }

  private static LockInfo lock(StackDump.Lock lock) {
    return new LockInfo(lock.className(), hex(lock.identity()));
  }

  private WaitInfo wait(StackDump.Wait wait) {
    return wait == null
        ? null
        : new WaitInfo(
            wait.how(),
            wait.lock().className(),
            hex(wait.lock().identity()),
            wait.ownerId(),
            wait.ownerName());
  }

  private Frame frame(io.jmortem.hotspot.Frame frame) {
    String path = null;
    if (frame.kind() == Kind.VM || (frame.kind() == Kind.NATIVE && frame.className() == null)) {
      Optional<MemoryMap.Mapping> code = map.find(frame.pc());
      path = code.filter(MemoryMap.Mapping::isFile).map(MemoryMap.Mapping::path).orElse(null);
    }
    return Frame.builder()
        .className(frame.className())
        .method(frame.method())
        .descriptor(frame.descriptor())
        .file(frame.file())
        .line(frame.line() > 0 ? (Integer) frame.line() : null)
        .bci(frame.className() == null ? null : (Integer) frame.bci())
        .type(frame.kind().name().toLowerCase(Locale.ROOT))
        .function(frame.function())
        .path(path)
        .ip(hex(frame.pc()))
        .sp(hex(frame.sp()))
        .trust(Trust.valueOf(frame.trust().name()))
        .inApp(
            frame.className() == null
                ? null
                : (Boolean) ApplicationClasses.contains(frame.className()))
        .build();
  }

  /**
   * In place of what the walk has above Java the log's, since HotSpot has followed frame pointers
   * while the walk guesses; one alone says no more than the walk. Where the log has more of Java
   * than the walk, which begins at the last call that Java has made, that comes first as well.
   */
  private List<Frame> withTopFrames(List<Frame> walked) {
    List<Frame> natives = walked.stream().takeWhile(frame -> !isJava(frame)).toList();
    List<Frame> top = logged(hsErr.get().topFrames());
    List<Frame> all = logged(hsErr.get().frames());
    if (top.size() <= 1 && natives.size() > 1 && !isInAbort(natives.get(0))) {
      top = natives;
    }
    List<Frame> java = all.stream().filter(WalkedThreads::isJava).toList();
    List<Frame> walkedJava = walked.subList(natives.size(), walked.size());
    if (walkedJava.isEmpty()) {
      return natives.isEmpty() || all.size() > natives.size() || isInAbort(natives.get(0))
          ? all
          : walked;
    }
    int missed = indexOf(java, walkedJava.get(0));
    boolean isSame = java.isEmpty() || missed >= 0 || indexOf(walkedJava, java.get(0)) >= 0;
    boolean hasMore = !top.isEmpty() || missed > 0;
    boolean isLater = !natives.isEmpty() && isInAbort(natives.get(0)) && !java.isEmpty();
    return isSame && (hasMore || isLater)
        ? joined(joined(top, java.subList(0, Math.max(0, missed))), walkedJava)
        : walked;
  }

  /** The VM's own, after it has written the log. */
  private static boolean isInAbort(Frame frame) {
    return frame.function() != null && frame.function().startsWith("abort+");
  }

  private static boolean isJava(Frame frame) {
    return frame.className() != null;
  }

  /**
   * Where a method is, of those that may have been called since the walk; -1 if it is not there.
   */
  private static int indexOf(List<Frame> frames, Frame method) {
    for (int i = 0; i < frames.size(); i++) {
      if (frames.get(i).className().equals(method.className())
          && frames.get(i).method().equals(method.method())) {
        return i;
      }
    }
    return -1;
  }

  private static List<Frame> joined(List<Frame> first, List<Frame> rest) {
    List<Frame> all = new ArrayList<>(first);
    all.addAll(rest);
    return all;
  }

  /** The log's frames are those of the thread that failed. */
  private static boolean isOf(HsErrLog log, ThreadDump thread) {
    return thread.nativeId() == null
        || log.failedThread() == null
        || log.failedThread().equals(thread.nativeId());
  }

  private static String hex(long address) {
    return "0x" + Long.toHexString(address);
  }
}
