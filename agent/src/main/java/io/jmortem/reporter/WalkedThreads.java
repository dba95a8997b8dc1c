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
    return new ThreadInfo(
        thread.id(),
        thread.nativeId(),
        name(thread),
        thread.state(),
        thread.vmState(),
        thread.daemon(),
        thread.priority(),
        thread.virtual(),
        thread.crashed(),
        framesOf(thread, frames),
        thread.holds().stream().map(WalkedThreads::lock).toList(),
        wait(thread.waitsFor()),
        thread.softErrors());
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

  private static List<Frame> logged(List<HsErrFrame> frames) {
    return frames.stream().map(LoggedFrames::frame).toList();
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
    return thread.name();
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
    String function = frame.function();
    if (frame.kind() == Kind.VM || (frame.kind() == Kind.NATIVE && frame.className() == null)) {
      Optional<MemoryMap.Mapping> code = map.find(frame.pc());
      path = code.filter(MemoryMap.Mapping::isFile).map(MemoryMap.Mapping::path).orElse(null);
      function = path == null ? null : offset(path, frame.pc());
    }
    return new Frame(
        frame.className(),
        frame.method(),
        frame.descriptor(),
        frame.file(),
        frame.line() > 0 ? (Integer) frame.line() : null,
        frame.className() == null ? null : (Integer) frame.bci(),
        frame.kind().name().toLowerCase(Locale.ROOT),
        function,
        path,
        null,
        hex(frame.pc()),
        hex(frame.sp()),
        Trust.valueOf(frame.trust().name()),
        frame.className() == null ? null : (Boolean) InApp.is(frame.className()));
  }

  /** From where the file's first mapping begins, as debuggers and HotSpot count. */
  private String offset(String path, long pc) {
    return map.mappings().stream()
        .filter(mapping -> mapping.path().equals(path))
        .findFirst()
        .map(first -> "+0x" + Long.toHexString(pc - first.start()))
        .orElse(null);
  }

  /**
   * In place of what the walk has above Java, one frame of native code or none, the log's. Where
   * the log has more of Java than the walk, which begins at the last call that Java has made, that
   * comes first as well.
   */
  private List<Frame> withTopFrames(List<Frame> walked) {
    List<Frame> top = logged(hsErr.get().topFrames());
    List<Frame> all = logged(hsErr.get().frames());
    List<Frame> java = all.stream().filter(WalkedThreads::isJava).toList();
    List<Frame> walkedJava = walked.stream().dropWhile(frame -> !isJava(frame)).toList();
    if (walkedJava.isEmpty()) {
      return all.isEmpty() ? walked : all;
    }
    int missed = indexOf(java, walkedJava.get(0));
    boolean isSame = java.isEmpty() || missed >= 0 || indexOf(walkedJava, java.get(0)) >= 0;
    boolean hasMore = !top.isEmpty() || missed > 0;
    return isSame && hasMore
        ? joined(joined(top, java.subList(0, Math.max(0, missed))), walkedJava)
        : walked;
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
