// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.StackGroup;
import io.jmortem.report.Report.ThreadInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code report.txt}: plain ASCII, at most 100 columns; the first 24 lines fit one screen and stand
 * alone.
 */
public final class ReportText {

  private static final int WIDTH = 100;
  private static final int KEY = 10;
  private static final int FIRST_SCREEN = 24;
  private static final int TOP_FRAMES = 6;
  private static final int APPLICATION_FRAMES = 2;
  private static final int GROUP_FRAMES = 40;
  private static final int CRASHED_FRAMES = 150;
  private static final int OLDEST_FRAMES = 20;
  private static final int GROUPS = 200;
  private static final int MISSING = 3;

  /** Those that say where in the program they came from; of others the sender tells it all. */
  private static final Set<String> FAULTS =
      Set.of("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP", "SIGSYS");

  private final Report report;
  private final StringBuilder text = new StringBuilder();

  private ReportText(Report report) {
    this.report = report;
  }

  /** The report as text. */
  public static String write(Report report) {
    return new ReportText(report).write();
  }

  private String write() {
    firstScreen();
    why();
    timeline();
    crashedThread();
    locks();
    threadGroups();
    earlierThreads();
    registers();
    keysAndValues("CGROUP", report.cgroup());
    keysAndValues("COUNTERS", report.counters() == null ? null : report.counters().benign());
    hsErr();
    modules();
    list("SOFT ERRORS", report.softErrors());
    return text.toString();
  }

  // ---- the first screen

  private void firstScreen() {
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
    key(lines, "SENDER", sender());
    key(lines, "WHERE", report.signature());
    key(lines, "MEMORY", memory());
    key(lines, "FAULT", fault());
    report.crashedThread().ifPresent(thread -> threadLines(lines, thread, TOP_FRAMES));
    startedSinceRequest().limit(2).forEach(thread -> threadLines(lines, thread, TOP_FRAMES / 2));
    key(lines, "SAME AS", report.fingerprint());
    missing(lines);
    key(lines, "NEXT", diagnosis.hint());
    for (int i = 0; i < Math.min(lines.size(), FIRST_SCREEN); i++) {
      text.append(lines.get(i)).append('\n');
    }
  }

  private void missing(List<String> lines) {
    List<String> missing = report.capture() == null ? null : report.capture().missing();
    for (int i = 0; missing != null && i < Math.min(missing.size(), MISSING); i++) {
      boolean isLast = i == MISSING - 1 && missing.size() > MISSING;
      String more = isLast ? " (and " + (missing.size() - MISSING) + " more)" : "";
      key(lines, i == 0 ? "MISSING" : "", missing.get(i) + more, 1);
    }
  }

  /** Of the cgroup that ran out of it. */
  private String memory() {
    return report.diagnosis().category() != Report.Category.OOM_KILLED
        ? null
        : report.diagnosis().evidence().stream()
            .filter(reason -> reason.startsWith("cgroup "))
            .findFirst()
            .orElse(null);
  }

  /** What a shutdown does that does not end in time: the application's threads since then. */
  private Stream<ThreadInfo> startedSinceRequest() {
    if (report.earlierThreads() == null || report.earlierThreads().threads() == null) {
      return Stream.empty();
    }
    Set<Long> earlier =
        report.earlierThreads().threads().stream()
            .map(ThreadInfo::id)
            .filter(Objects::nonNull)
            .collect(Collectors.toSet());
    return report.threads().stream()
        .filter(thread -> thread.id() != null && !earlier.contains(thread.id()))
        .filter(
            thread ->
                thread.frames() != null && thread.frames().stream().anyMatch(ReportText::isInApp));
  }

  private static String finalStatus(Report.FinalStatus status) {
    if (status == null) {
      return "not known";
    }
    if (status.signal() == null) {
      return "exit status " + status.code();
    }
    boolean core = Boolean.TRUE.equals(status.coreDumped());
    return "ended by " + status.signal() + (core ? ", core dumped" : ", no core");
  }

  private String process() {
    if (report.resource() == null) {
      return null;
    }
    Object command = report.resource().get("process.command_line");
    Object vpid = report.resource().get("process.vpid");
    Object pid = report.resource().get("process.pid");
    String number = vpid == null || vpid.equals(pid) ? "" + pid : vpid + " (outside " + pid + ")";
    return "pid " + number + (command == null ? "" : "  " + command);
  }

  private String sender() {
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

  private String fault() {
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
    String rip = report.ucontext() == null ? null : report.ucontext().registers().get("rip");
    if (rip != null) {
      String where =
          report.ucontext().mappings() == null ? null : report.ucontext().mappings().get("rip");
      line.append(", rip ").append(rip).append(where == null ? "" : " in " + where);
    }
    return line.toString();
  }

  private static void threadLines(List<String> lines, ThreadInfo thread, int most) {
    key(lines, "THREAD", describe(thread));
    List<Frame> frames = thread.frames() == null ? List.of() : thread.frames();
    // the place itself, then what a reader knows: Java, and the application's own
    List<Frame> java =
        IntStream.range(0, frames.size())
            .filter(i -> i == 0 || frames.get(i).className() != null)
            .mapToObj(frames::get)
            .toList();
    List<Frame> top = java.stream().limit(most).toList();
    List<Frame> inApp =
        top.stream().anyMatch(ReportText::isInApp)
            ? List.of()
            : java.stream().filter(ReportText::isInApp).limit(APPLICATION_FRAMES).toList();
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

  private static String describe(ThreadInfo thread) {
    StringBuilder line = new StringBuilder();
    line.append('"').append(thread.name()).append('"');
    if (thread.nativeId() != null) {
      line.append(" tid ").append(thread.nativeId());
    }
    if (thread.vmState() != null) {
      line.append(' ').append(thread.vmState());
    } else if (thread.state() != null) {
      line.append(' ').append(thread.state());
    }
    return line.toString();
  }

  /** The key in its column, and the value beside it on at most so many lines. */
  private static void key(List<String> lines, String key, String value, int most) {
    if (value == null || value.isEmpty()) {
      return;
    }
    String rest = ascii(value);
    String indent = String.format(Locale.ROOT, "%-" + KEY + "s", key);
    for (int i = 1; i < most && rest.length() > WIDTH - KEY; i++) {
      int space = rest.lastIndexOf(' ', WIDTH - KEY);
      int end = space > WIDTH / 2 ? space : WIDTH - KEY;
      lines.add(indent + rest.substring(0, end));
      rest = rest.substring(end).stripLeading();
      indent = " ".repeat(KEY);
    }
    lines.add(cut(indent + rest));
  }

  private static void key(List<String> lines, String key, String value) {
    key(lines, key, value, 2);
  }

  /** One line that fits. */
  private static String cut(String line) {
    String whole = ascii(line).stripTrailing();
    return whole.length() <= WIDTH ? whole : whole.substring(0, WIDTH - 3) + "...";
  }

  /** Whatever the JVM's names hold, a terminal is not told. */
  private static String ascii(String text) {
    StringBuilder ascii = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ') {
        ascii.append(' ');
      } else {
        ascii.append(c < 0x7f ? c : '?');
      }
    }
    return ascii.toString();
  }

  // ---- the rest

  private void heading(String title) {
    text.append('\n').append(title).append('\n');
  }

  private void line(String line) {
    text.append(cut("  " + line)).append('\n');
  }

  /** As many lines as it takes. */
  private void paragraph(String words) {
    StringBuilder line = new StringBuilder();
    for (String word : words.split(" ", -1)) {
      if (line.length() + word.length() > WIDTH - 6 && line.length() > 0) {
        line(line.toString());
        line.setLength(0);
        line.append("   ");
      }
      line.append(line.length() == 0 ? "" : " ").append(word);
    }
    line(line.toString());
  }

  private void timeline() {
    if (report.timeline() == null || report.timeline().isEmpty()) {
      return;
    }
    heading("TIMELINE (since the first cause)");
    for (Report.TimelineEntry entry : report.timeline()) {
      double millis =
          entry.sinceFaultNanos() == null ? 0 : Long.parseLong(entry.sinceFaultNanos()) / 1e6;
      StringBuilder attributes = new StringBuilder();
      if (entry.attributes() != null) {
        entry
            .attributes()
            .forEach((key, value) -> attributes.append(' ').append(key).append('=').append(value));
      }
      line(
          String.format(
              Locale.ROOT,
              "%+14.3f ms  %-4s %s%s",
              millis,
              entry.id(),
              entry.eventName(),
              attributes));
    }
  }

  private void why() {
    List<String> reasons = report.diagnosis().evidence();
    if (reasons != null && !reasons.isEmpty()) {
      heading("EVIDENCE");
      reasons.forEach(this::paragraph);
    }
  }

  private void crashedThread() {
    report
        .crashedThread()
        .filter(thread -> thread.frames() != null && !thread.frames().isEmpty())
        .ifPresent(
            thread -> {
              boolean ended = report.termination().exitedBy() != null;
              heading(
                  (ended ? "THREAD THAT ENDED THE PROCESS " : "CRASHED THREAD ")
                      + cut(describe(thread)));
              List<Frame> frames = thread.frames();
              int leftOut = Math.max(0, frames.size() - CRASHED_FRAMES - OLDEST_FRAMES);
              for (int i = 0; i < frames.size(); i++) {
                if (leftOut > 0 && i == CRASHED_FRAMES) {
                  line("... " + leftOut + " more, all of them in report.json");
                  i += leftOut;
                }
                line("at " + FrameText.of(frames.get(i)));
              }
              if (thread.softErrors() != null) {
                thread.softErrors().forEach(error -> line("(" + error + ")"));
              }
            });
  }

  private void locks() {
    if (report.deadlocks() != null && !report.deadlocks().isEmpty()) {
      heading("DEADLOCKS");
      for (Report.Deadlock deadlock : report.deadlocks()) {
        for (int i = 0; i < deadlock.threads().size(); i++) {
          line(
              quoted(deadlock.threads().get(i))
                  + " waits for "
                  + describe(deadlock.locks().get(i).className(), deadlock.locks().get(i).address())
                  + ", held by "
                  + quoted(deadlock.threads().get((i + 1) % deadlock.threads().size())));
        }
        text.append('\n');
      }
    }
    Map<String, List<String>> waiters = new LinkedHashMap<>();
    for (ThreadInfo thread : report.threads() == null ? List.<ThreadInfo>of() : report.threads()) {
      Report.WaitInfo wait = thread.waitsFor();
      if (wait != null && wait.ownerName() != null) {
        String held =
            quoted(wait.ownerName()) + " holds " + describe(wait.className(), wait.address());
        waiters.computeIfAbsent(held, key -> new ArrayList<>()).add(quoted(thread.name()));
      }
    }
    if (!waiters.isEmpty()) {
      heading("LOCKS that threads wait for");
      waiters.forEach((held, names) -> line(held + ", wanted by " + String.join(", ", names)));
    }
  }

  private static String quoted(String name) {
    return '"' + name + '"';
  }

  private static String describe(String className, String address) {
    return className + " " + address;
  }

  private void threadGroups() {
    if (report.threadGroups() == null || report.threadGroups().isEmpty()) {
      return;
    }
    Long age = report.capture().ageMillis();
    String moment = String.valueOf(report.capture().moment());
    String when =
        switch (moment) {
          case "fault" -> " at the fault";
          case "exit" -> " at the end";
          default -> age == null ? "" : " as they were " + age + " ms before the end";
        };
    heading("THREADS" + when);
    groups(report.threadGroups());
    if (report.threadGroups().size() > GROUPS) {
      line("... " + (report.threadGroups().size() - GROUPS) + " more stacks in report.json");
    }
    List<String> others =
        report.threads().stream()
            .filter(thread -> !thread.crashed())
            .filter(thread -> thread.frames() == null || thread.frames().isEmpty())
            .map(ThreadInfo::name)
            .toList();
    if (!others.isEmpty()) {
      paragraph(others.size() + " without Java frames: " + String.join(", ", others));
    }
  }

  private void earlierThreads() {
    Report.EarlierThreads earlier = report.earlierThreads();
    if (earlier != null && earlier.threadGroups() != null) {
      heading("THREADS when it was asked to end, " + earlier.beforeMillis() + " ms earlier");
      groups(earlier.threadGroups());
    }
  }

  private void groups(List<StackGroup> groups) {
    for (StackGroup group : groups.stream().limit(GROUPS).toList()) {
      line(
          group.count()
              + (group.count() == 1 ? " thread: " : " threads: ")
              + String.join(", ", group.names()));
      List<Frame> frames = group.frames() == null ? List.of() : group.frames();
      frames.stream().limit(GROUP_FRAMES).forEach(frame -> line("    at " + FrameText.of(frame)));
      if (frames.size() > GROUP_FRAMES) {
        line("    ... " + (frames.size() - GROUP_FRAMES) + " more");
      }
    }
  }

  private void registers() {
    if (report.ucontext() == null) {
      return;
    }
    heading("REGISTERS at the fault");
    Map<String, String> mappings =
        report.ucontext().mappings() == null ? Map.of() : report.ucontext().mappings();
    report
        .ucontext()
        .registers()
        .forEach(
            (name, value) ->
                line(
                    String.format(
                        Locale.ROOT, "%-7s%-19s%s", name, value, mappings.getOrDefault(name, ""))));
  }

  private void keysAndValues(String title, Map<String, ?> values) {
    if (values == null || values.isEmpty()) {
      return;
    }
    heading(title);
    values.forEach((key, value) -> line(String.format(Locale.ROOT, "%-28s%s", key, value)));
  }

  private void hsErr() {
    if (report.hsErr() == null) {
      return;
    }
    heading(
        "HS_ERR " + cut(report.hsErr().path() + (report.hsErr().complete() ? "" : " (cut off)")));
    if (report.hsErr().parsed() != null) {
      report.hsErr().parsed().forEach(this::keyAndValue);
    }
  }

  /** A list or a map has a line for each of its elements. */
  private void keyAndValue(String key, Object value) {
    String shown = key;
    Collection<?> values =
        value instanceof Collection<?> list
            ? list
            : value instanceof Map<?, ?> map ? map.entrySet() : List.of(value);
    for (Object each : values) {
      line(String.format(Locale.ROOT, "%-20s%s", shown, each));
      shown = "";
    }
  }

  private void modules() {
    if (report.modules() == null || report.modules().isEmpty()) {
      return;
    }
    heading("MODULES");
    for (Report.Module module : report.modules()) {
      line(
          module.start()
              + " "
              + module.path()
              + (module.buildId() == null ? "" : " " + module.buildId()));
    }
  }

  private void list(String title, List<String> lines) {
    if (lines == null || lines.isEmpty()) {
      return;
    }
    heading(title);
    lines.forEach(this::line);
  }
}
