// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import static io.jmortem.report.TextLayout.KEY;
import static io.jmortem.report.TextLayout.cut;

import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.ThreadInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The first lines of {@code report.txt}, which fit on one screen and can be read alone. */
final class FirstScreen {

  private static final int MAX_LINES = 24;
  private static final int TOP_FRAMES = 6;
  private static final int APPLICATION_FRAMES = 2;
  private static final int MISSING = 3;

  /** Signals with a place in the program; for others, the sender says more. */
  private static final Set<String> FAULTS =
      Set.of("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP", "SIGSYS");

  private final Report report;

  FirstScreen(Report report) {
    this.report = report;
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    Report.Diagnosis diagnosis = report.diagnosis();
    key(
        lines,
        "JMORTEM",
        diagnosis.category() + " (" + diagnosis.confidence() + ")  " + report.timestamp());
    key(lines, "WHY", diagnosis.summary(), 3);
    if (report.termination() != null) {
      if (report.termination().firstCause() != null) {
        Report.FirstCause first = report.termination().firstCause();
        key(lines, "FIRST", first.what() + " [" + first.event() + "]", 1);
      }
      key(lines, "FINAL", finalStatus(report.termination().finalStatus()));
    }
    key(lines, "PROCESS", process());
    key(lines, "POD", pod());
    key(lines, "SENDER", sender());
    key(lines, "WHERE", report.signature());
    key(lines, "MEMORY", diagnosis.memory());
    key(lines, "FAULT", fault());
    report.crashedThread().ifPresent(thread -> threadLines(lines, thread, TOP_FRAMES));
    startedSinceRequest().limit(2).forEach(thread -> threadLines(lines, thread, TOP_FRAMES / 2));
    key(lines, "SAME AS", report.fingerprint());
    missing(lines);
    key(lines, "NEXT", diagnosis.hint());
    return lines.subList(0, Math.min(lines.size(), MAX_LINES));
  }

  private void missing(List<String> lines) {
    List<String> missing = report.capture() == null ? null : report.capture().missing();
    for (int i = 0; missing != null && i < Math.min(missing.size(), MISSING); i++) {
      boolean isLast = i == MISSING - 1 && missing.size() > MISSING;
      String more = isLast ? " (and " + (missing.size() - MISSING) + " more)" : "";
      key(lines, i == 0 ? "MISSING" : "", missing.get(i) + more, 1);
    }
  }

  /** For a shutdown that did not end in time: the application's threads. */
  private Stream<ThreadInfo> startedSinceRequest() {
    if (report.earlierThreads() == null || report.earlierThreads().threads() == null) {
      return Stream.empty();
    }
    Set<Long> earlier =
        report.earlierThreads().threads().stream()
            .map(ThreadInfo::id)
            .filter(Objects::nonNull)
            .collect(Collectors.toSet());
    return report
        .allThreads()
        .filter(thread -> thread.id() != null && !earlier.contains(thread.id()))
        .filter(
            thread ->
                thread.frames() != null && thread.frames().stream().anyMatch(FirstScreen::isInApp));
  }

  private static String finalStatus(Report.@Nullable FinalStatus status) {
    if (status == null) {
      return "not known";
    }
    if (status.signal() == null) {
      return "exit status " + status.code();
    }
    boolean core = Boolean.TRUE.equals(status.coreDumped());
    return "ended by " + status.signal() + (core ? ", core dumped" : ", no core");
  }

  private @Nullable String process() {
    if (report.resource() == null) {
      return null;
    }
    Object command = report.resource().get("process.command_line");
    Object vpid = report.resource().get("process.vpid");
    Object pid = report.resource().get("process.pid");
    String number = vpid == null || vpid.equals(pid) ? "" + pid : vpid + " (outside " + pid + ")";
    return "pid " + number + (command == null ? "" : "  " + command);
  }

  /** {@code namespace/pod/container}, as far as they are known. */
  private @Nullable String pod() {
    Map<String, Object> resource = report.resource() == null ? Map.of() : report.resource();
    Object name = resource.getOrDefault("k8s.pod.name", resource.get("k8s.pod.uid"));
    if (name == null) {
      return null;
    }
    Object namespace = resource.get("k8s.namespace.name");
    Object container = resource.get("k8s.container.name");
    return (namespace == null ? "" : namespace + "/")
        + name
        + (container == null ? "" : "/" + container);
  }

  private @Nullable String sender() {
    Report.Sender sender = report.sender();
    if (sender == null || !sender.hasSender()) {
      return null;
    }
    StringBuilder line = new StringBuilder();
    line.append("pid ").append(sender.pid()).append(" uid ").append(sender.userId());
    if (sender.how() != null) {
      line.append(" by ").append(sender.how());
    }
    if (sender.containerId() != null) {
      line.append(" in container ").append(sender.containerId(), 0, 12);
    }
    String program = sender.executable() == null ? sender.comm() : sender.executable();
    line.append("  ").append(sender.commandLine() == null ? program : sender.commandLine());
    if (sender.ancestry() != null) {
      for (Report.Ancestor ancestor : sender.ancestry()) {
        line.append(" <- ")
            .append(ancestor.executable())
            .append('(')
            .append(ancestor.pid())
            .append(')');
      }
    }
    return line.toString();
  }

  private @Nullable String fault() {
    Report.SigInfo info = report.sigInfo();
    if (info == null || !FAULTS.contains(info.signoHumanReadable())) {
      return null;
    }
    StringBuilder line = new StringBuilder(info.signoHumanReadable());
    if (info.codeHumanReadable() != null) {
      line.append(' ').append(info.codeHumanReadable());
    }
    if (info.address() != null) {
      line.append(" at ").append(info.address());
    }
    if (info.access() != null) {
      line.append(" (").append(info.access()).append(')');
    }
    Report.Ucontext context = report.ucontext();
    String rip = context == null ? null : context.registers().get("rip");
    if (context != null && rip != null) {
      String where = context.mappings() == null ? null : context.mappings().get("rip");
      line.append(", rip ").append(rip).append(where == null ? "" : " in " + where);
    }
    return line.toString();
  }

  private static void threadLines(List<String> lines, ThreadInfo thread, int most) {
    key(lines, "THREAD", ThreadText.of(thread));
    List<Frame> frames = thread.frames() == null ? List.of() : thread.frames();
    // the place itself, then Java frames, then the application's own frames
    List<Frame> java =
        IntStream.range(0, frames.size())
            .filter(i -> i == 0 || frames.get(i).className() != null)
            .mapToObj(frames::get)
            .toList();
    List<Frame> top = java.stream().limit(most).toList();
    List<Frame> inApp =
        top.stream().anyMatch(FirstScreen::isInApp)
            ? List.of()
            : java.stream().filter(FirstScreen::isInApp).limit(APPLICATION_FRAMES).toList();
    String indent = " ".repeat(KEY) + "  ";
    top.stream()
        .limit(most - inApp.size())
        .forEach(frame -> lines.add(cut(indent + "at " + FrameText.of(frame))));
    if (!inApp.isEmpty()) {
      lines.add(indent + "...");
      inApp.forEach(frame -> lines.add(cut(indent + "at " + FrameText.of(frame))));
    }
    if (frames.size() > top.size()) {
      lines.add(indent + "... all " + frames.size() + " frames below");
    }
  }

  private static boolean isInApp(Frame frame) {
    return Boolean.TRUE.equals(frame.inApp());
  }

  private static void key(List<String> lines, String key, @Nullable String value) {
    key(lines, key, value, 2);
  }

  private static void key(List<String> lines, String key, @Nullable String value, int most) {
    TextLayout.key(lines, key, value, most);
  }
}
