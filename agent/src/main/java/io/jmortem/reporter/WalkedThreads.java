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
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The threads as the walk found them in the frozen memory. HotSpot's log adds what the walk does
 * not look for: the functions of native code on top of the crashed stack.
 */
final class WalkedThreads {

  /** The kernel keeps this many bytes of a thread's name. */
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

  /** For the thread that failed, the log has native and Java frames. */
  private List<Frame> framesOf(ThreadDump thread, List<Frame> walked) {
    boolean isLogs =
        thread.crashed()
            ? hsErr.filter(log -> isOf(log, thread)).isPresent()
            : thread.nativeId() != null
                && hsErr.map(HsErrLog::failedThread).map(thread.nativeId()::equals).orElse(false);
    if (!isLogs) {
      return walked;
    }
    // the walk at the exit does not know the fault, and runs after HotSpot's handler
    boolean isUnclear = walked.isEmpty() || !thread.softErrors().isEmpty();
    return !thread.crashed() && isUnclear ? logged(hsErr.get().frames()) : withTopFrames(walked);
  }

  private List<Frame> logged(List<HsErrFrame> frames) {
    return frames.stream().map(frame -> LoggedFrames.frame(frame, map)).toList();
  }

  /** HotSpot's log has the full name if the kernel's name is cut off. */
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
      return "(native thread)"; // the thread and its name are gone
    }
    boolean isInherited =
        thread.id() == null
            && thread.vmState() == null
            && dump.threads().stream()
                .anyMatch(other -> other.id() != null && isKernelNameOf(thread, other));
    return thread.name() + (isInherited ? " (native thread, inherited name)" : "");
  }

  /** A thread inherits the name of its creator until it sets its own. */
  private static boolean isKernelNameOf(ThreadDump thread, ThreadDump java) {
    return !thread.name().isEmpty()
        && (java.name().equals(thread.name())
            || (thread.name().length() == KERNEL_NAME_LENGTH
                && java.name().startsWith(thread.name())));
  }

  private static LockInfo lock(StackDump.Lock lock) {
    return new LockInfo(lock.className(), hex(lock.identity()));
  }

  private @Nullable WaitInfo wait(StackDump.@Nullable Wait wait) {
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
   * Replaces the walk's frames above Java by those of the log, because HotSpot followed frame
   * pointers and the walk guesses. A single frame of the log says no more than the walk. If the log
   * has newer Java frames than the walk, which begins at the last call from Java, they come first.
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

  /** Whether the frame is in the abort() that the VM calls after it has written the log. */
  private static boolean isInAbort(Frame frame) {
    return frame.function() != null && frame.function().startsWith("abort+");
  }

  private static boolean isJava(Frame frame) {
    return frame.className() != null;
  }

  /** The index of a method in the frames; -1 if it is not there. */
  private static int indexOf(List<Frame> frames, Frame method) {
    for (int i = 0; i < frames.size(); i++) {
      if (Objects.equals(frames.get(i).className(), method.className())
          && Objects.equals(frames.get(i).method(), method.method())) {
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
