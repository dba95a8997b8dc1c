// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.hotspot.Frame.Kind;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hotspot.StackDump.ThreadDump;
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

  /**
   * The walk in the exit is told of no fault, and comes after HotSpot's handler: of the thread that
   * crashed, the log knows better what was not clear.
   */
  private List<Frame> framesOf(ThreadDump thread, List<Frame> walked) {
    if (thread.crashed()) {
      return withNativeFrames(walked, thread);
    }
    boolean isLogs =
        thread.nativeId() != null
            && hsErr.map(HsErrLog::currentThread).map(HsErrThread::id).orElse(-1L)
                == (long) thread.nativeId();
    if (!isLogs) {
      return walked;
    }
    return walked.isEmpty() || !thread.softErrors().isEmpty()
        ? hsErr.get().frames().stream().map(LoggedFrames::frame).toList()
        : withNativeFrames(walked, thread);
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
   * In place of the walk's one frame of native code, or of none where the walk knows nothing of the
   * thread, the log's, up to the first of Java.
   */
  private List<Frame> withNativeFrames(List<Frame> walked, ThreadDump thread) {
    List<Frame> fromLog =
        hsErr.filter(log -> isOf(log, thread)).map(HsErrLog::frames).orElse(List.of()).stream()
            .map(LoggedFrames::frame)
            .takeWhile(frame -> frame.className() == null)
            .toList();
    boolean beginsInJava = !walked.isEmpty() && walked.get(0).className() != null;
    if (fromLog.isEmpty() || beginsInJava) {
      return walked;
    }
    List<Frame> all = new ArrayList<>(fromLog);
    walked.stream().dropWhile(frame -> frame.className() == null).forEach(all::add);
    return all;
  }

  /** The log's frames are those of its current thread. */
  private static boolean isOf(HsErrLog log, ThreadDump thread) {
    return log.currentThread() == null
        || thread.nativeId() == null
        || log.currentThread().id() == thread.nativeId();
  }

  private static String hex(long address) {
    return "0x" + Long.toHexString(address);
  }
}
