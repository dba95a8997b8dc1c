// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.hserr.HsErrThread;
import io.jmortem.proc.MemoryMap;
import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.StackGroup;
import io.jmortem.report.Report.ThreadInfo;
import io.jmortem.report.Report.Trust;
import io.jmortem.snapshot.ThreadSnapshot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Composes the threads if no memory could be read. There are three sources: the kernel (which
 * threads existed), HotSpot's log (their names, and the frames of the crashed thread), and the
 * agent's last snapshot (the earlier frames of the other threads).
 */
final class ThreadComposer {

  /** The kernel keeps this many bytes of a thread's name. */
  private static final int COMM_LENGTH = 15;

  private final List<Event.ThreadState> kernelThreads;
  private final Optional<HsErrLog> hsErr;
  private final Map<String, List<ThreadSnapshot.JavaThread>> snapshotByName;
  private final int crashedId;
  private final MemoryMap map;
  private final Optional<String> crashedName; // from the kernel, if it recorded the crash
  private final Set<ThreadSnapshot.JavaThread> used = new HashSet<>();

  /**
   * @param crashedId the tid of the thread that died, in the JVM's pid namespace; 0 if it is
   *     unknown
   */
  ThreadComposer(
      Evidence evidence,
      Optional<HsErrLog> hsErr,
      Optional<ThreadSnapshot> snapshot,
      int crashedId) {
    this.kernelThreads =
        evidence
            .all(Event.ThreadState.class)
            .filter(thread -> !Event.Moments.REQUEST.equals(thread.moment()))
            .toList();
    this.hsErr = hsErr;
    this.snapshotByName =
        snapshot.map(ThreadSnapshot::threads).orElse(List.of()).stream()
            .collect(
                Collectors.groupingBy(
                    ThreadSnapshot.JavaThread::name, LinkedHashMap::new, Collectors.toList()));
    this.crashedId = crashedId;
    this.map = MemoryMap.parse(evidence.procFile("maps").orElse(""));
    this.crashedName =
        evidence
            .first(
                Event.FatalError.class,
                error -> error.thread().hasNumbers() && error.thread().vtid() == crashedId)
            .map(error -> error.thread().comm());
  }

  /**
   * Composes threads that were walked; the kernel may know more of them.
   *
   * @param nobodyCrashed whether no thread crashed, whatever the walk assumed
   */
  List<ThreadInfo> complete(List<ThreadInfo> walked, boolean nobodyCrashed) {
    List<ThreadInfo> threads = new ArrayList<>();
    Set<Integer> known = new HashSet<>();
    boolean isMarked = walked.stream().anyMatch(this::isMarked);
    for (ThreadInfo thread : walked) {
      boolean isFirst =
          thread.nativeId() != null
              && thread.nativeId() == crashedId
              && !known.contains(thread.nativeId());
      boolean crashed = crashedId == 0 ? thread.crashed() : isMarked ? isMarked(thread) : isFirst;
      threads.add(thread.withCrashed(crashed && !nobodyCrashed));
      known.add(thread.nativeId());
    }
    addKernelThreads(threads, known);
    return sorted(threads, !nobodyCrashed && isCrashedWithoutId());
  }

  /** The order: the crashed thread, then Java threads, then the others. */
  List<ThreadInfo> compose() {
    List<ThreadInfo> threads = new ArrayList<>();
    Set<Integer> known = new HashSet<>();
    for (HsErrThread thread : hsErrThreads()) {
      threads.add(fromLog(thread));
      known.add((int) thread.id());
    }
    boolean logListsThreads = !threads.isEmpty();
    for (ThreadSnapshot.JavaThread thread : unusedSnapshots()) {
      Optional<Event.ThreadState> match =
          logListsThreads ? Optional.empty() : byComm(thread.name());
      match.ifPresent(found -> known.add(id(found)));
      threads.add(fromSnapshot(thread, match.map(ThreadComposer::id).orElse(null)));
    }
    addKernelThreads(threads, known);
    return sorted(threads, isCrashedWithoutId());
  }

  /** Whether a thread crashed whose tid the log lacks: JDK 8 has none for native threads. */
  private boolean isCrashedWithoutId() {
    return crashedId == 0
        && hsErr.filter(log -> log.isNativeThread() && log.failedThread() == null).isPresent();
  }

  /** The walk knows the crashed thread, also whether it was a virtual thread or its carrier. */
  private boolean isMarked(ThreadInfo thread) {
    return thread.crashed() && thread.nativeId() != null && thread.nativeId() == crashedId;
  }

  private void addKernelThreads(List<ThreadInfo> threads, Set<Integer> known) {
    for (Event.ThreadState thread : kernelThreads) {
      if (known.add(id(thread))) {
        threads.add(fromKernel(thread));
      }
    }
  }

  private List<ThreadInfo> sorted(List<ThreadInfo> threads, boolean isCrashedWithoutId) {
    if ((crashedId > 0 || isCrashedWithoutId) && threads.stream().noneMatch(ThreadInfo::crashed)) {
      threads.add(crashedFromLogAlone());
    }
    threads.sort(
        Comparator.comparing((ThreadInfo thread) -> !thread.crashed())
            .thenComparing(thread -> thread.state() == null && thread.vmState() == null));
    return threads;
  }

  /** Groups threads with equal stacks, largest group first; threads without frames are left out. */
  static List<StackGroup> groups(List<ThreadInfo> threads) {
    Map<List<Frame>, List<String>> groups = new LinkedHashMap<>();
    for (ThreadInfo thread : threads) {
      List<Frame> frames = thread.frames();
      if (frames != null && !frames.isEmpty() && !thread.crashed()) {
        List<Frame> places = frames.stream().map(Frame::place).toList();
        groups.computeIfAbsent(places, key -> new ArrayList<>()).add(label(thread, frames.get(0)));
      }
    }
    return groups.entrySet().stream()
        .map(group -> new StackGroup(group.getValue().size(), group.getValue(), group.getKey()))
        .sorted(Comparator.comparingInt(StackGroup::count).reversed())
        .toList();
  }

  /** Most virtual threads have no name. */
  private static String label(ThreadInfo thread, Frame newest) {
    String name =
        thread.name().isEmpty() && thread.id() != null ? "#" + thread.id() : thread.name();
    boolean isGuessed = newest.trust() == Trust.GUESSED;
    return name + (isGuessed ? " (newest frames guessed)" : "");
  }

  private List<HsErrThread> hsErrThreads() {
    if (hsErr.isEmpty()) {
      return List.of();
    }
    Map<Long, HsErrThread> byId = new LinkedHashMap<>();
    HsErrThread current = hsErr.get().currentThread();
    if (current != null) {
      byId.put(current.id(), current);
    }
    hsErr.get().threads().forEach(thread -> byId.putIfAbsent(thread.id(), thread));
    return List.copyOf(byId.values());
  }

  private ThreadInfo fromLog(HsErrThread thread) {
    boolean crashed = isCrashed(thread);
    List<ThreadSnapshot.JavaThread> matches =
        snapshotByName.getOrDefault(thread.name(), List.of()).stream()
            .filter(match -> !used.contains(match))
            .toList();
    // two threads with the same name can't be told apart
    Optional<ThreadSnapshot.JavaThread> match =
        matches.size() == 1 ? Optional.of(matches.get(0)) : Optional.empty();
    match.ifPresent(used::add);
    List<Frame> logged = loggedFrames(thread);
    List<Frame> frames =
        logged.isEmpty() ? match.map(ThreadComposer::frames).orElse(List.of()) : logged;
    return ThreadInfo.builder()
        .id(match.map(ThreadSnapshot.JavaThread::id).orElse(null))
        .nativeId((int) thread.id())
        .name(thread.name().isEmpty() ? thread.kind() : thread.name())
        .state(match.map(ThreadSnapshot.JavaThread::state).orElse(null))
        .vmState(thread.state())
        .daemon(thread.kind().equals("JavaThread") ? (Boolean) thread.daemon() : null)
        .crashed(crashed)
        .frames(frames)
        .build();
  }

  /** The log has frames of its current thread, or of the thread that the VM thread processed. */
  private List<Frame> loggedFrames(HsErrThread thread) {
    boolean isProcessed = hsErr.isPresent() && hsErr.get().processed() == thread.id();
    return thread.current()
        ? logFrames()
        : isProcessed
            ? hsErr.get().javaFrames().stream()
                .map(frame -> LoggedFrames.frame(frame, map))
                .toList()
            : List.of();
  }

  private boolean isCrashed(HsErrThread thread) {
    return crashedId > 0 ? thread.id() == crashedId : thread.current();
  }

  private List<ThreadSnapshot.JavaThread> unusedSnapshots() {
    return snapshotByName.values().stream()
        .flatMap(List::stream)
        .filter(thread -> !used.contains(thread))
        .toList();
  }

  private ThreadInfo fromSnapshot(ThreadSnapshot.JavaThread thread, @Nullable Integer nativeId) {
    return ThreadInfo.builder()
        .id(thread.id())
        .nativeId(nativeId)
        .name(thread.name())
        .state(thread.state())
        .daemon(thread.daemon())
        .crashed(nativeId != null && nativeId == crashedId)
        .frames(frames(thread))
        .build();
  }

  private ThreadInfo fromKernel(Event.ThreadState thread) {
    boolean crashed = id(thread) == crashedId;
    // the log does not list threads that are not attached to the VM
    boolean isLogs = crashed && hsErr.map(log -> log.currentThread() == null).orElse(false);
    List<Frame> frames = isLogs ? logFrames() : List.of();
    return nameAndFrames(id(thread), thread.comm(), crashed, frames);
  }

  /** Only the tid of the crashed thread is known, and perhaps the log's frames. */
  private ThreadInfo crashedFromLogAlone() {
    Optional<HsErrThread> logged =
        hsErrThreads().stream().filter(thread -> thread.id() == crashedId).findFirst();
    if (crashedId > 0 && logged.isPresent()) {
      return fromLog(logged.get());
    }
    boolean isLogs = hsErr.map(log -> log.currentThread() == null).orElse(false);
    boolean isNative = hsErr.map(HsErrLog::isNativeThread).orElse(false);
    return nameAndFrames(
        crashedId == 0 ? null : (Integer) crashedId,
        crashedName.orElse(isNative ? "(native thread)" : "?"),
        true,
        isLogs ? logFrames() : List.of());
  }

  private static ThreadInfo nameAndFrames(
      @Nullable Integer id, String name, boolean crashed, List<Frame> frames) {
    return ThreadInfo.builder().nativeId(id).name(name).crashed(crashed).frames(frames).build();
  }

  private static int id(Event.ThreadState thread) {
    return thread.vtid() != 0 ? thread.vtid() : thread.tid();
  }

  /** The only kernel thread with the beginning of this name; empty if there are several. */
  private Optional<Event.ThreadState> byComm(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    String comm =
        new String(
            Arrays.copyOf(bytes, Math.min(bytes.length, COMM_LENGTH)), StandardCharsets.UTF_8);
    List<Event.ThreadState> matches =
        kernelThreads.stream().filter(thread -> comm.equals(thread.comm())).toList();
    long sameBeginning = snapshotByName.keySet().stream().filter(n -> n.startsWith(comm)).count();
    return matches.size() == 1 && sameBeginning == 1
        ? Optional.of(matches.get(0))
        : Optional.empty();
  }

  private List<Frame> logFrames() {
    return hsErr.map(HsErrLog::frames).orElse(List.of()).stream()
        .map(frame -> LoggedFrames.frame(frame, map))
        .toList();
  }

  private static List<Frame> frames(ThreadSnapshot.JavaThread thread) {
    return thread.frames().stream().map(ThreadComposer::frame).toList();
  }

  private static Frame frame(StackTraceElement element) {
    boolean isNative = element.isNativeMethod();
    return Frame.builder()
        .className(element.getClassName())
        .method(element.getMethodName())
        .file(element.getFileName())
        .line(element.getLineNumber() > 0 ? (Integer) element.getLineNumber() : null)
        .type(isNative ? "native" : null)
        .trust(Trust.CERTAIN)
        .inApp(ApplicationClasses.contains(element.getClassName()))
        .build();
  }
}
