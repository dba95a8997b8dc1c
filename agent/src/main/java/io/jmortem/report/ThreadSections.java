// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.StackGroup;
import io.jmortem.report.Report.ThreadInfo;
import java.util.List;

/** The sections of {@code report.txt} that show stacks: of the crashed thread, then of all. */
final class ThreadSections {

  private static final int GROUP_FRAMES = 40;
  private static final int CRASHED_FRAMES = 150;
  private static final int OLDEST_FRAMES = 20;
  private static final int GROUPS = 200;

  private final Report report;
  private final TextLayout text;

  ThreadSections(Report report, TextLayout text) {
    this.report = report;
    this.text = text;
  }

  void crashedThread() {
    ThreadInfo thread = report.crashedThread().orElse(null);
    if (thread == null || thread.frames() == null || thread.frames().isEmpty()) {
      return;
    }
    boolean ended = report.termination() != null && report.termination().exitedBy() != null;
    text.heading(
        (ended ? "THREAD THAT ENDED THE PROCESS " : "CRASHED THREAD ")
            + TextLayout.cut(ThreadText.of(thread)));
    List<Frame> frames = thread.frames();
    int leftOut = Math.max(0, frames.size() - CRASHED_FRAMES - OLDEST_FRAMES);
    for (int i = 0; i < frames.size(); i++) {
      if (leftOut > 0 && i == CRASHED_FRAMES) {
        text.line("... " + leftOut + " more, all of them in report.json");
        i += leftOut;
      }
      text.line("at " + FrameText.of(frames.get(i)));
    }
    if (thread.softErrors() != null) {
      thread.softErrors().forEach(error -> text.line("(" + error + ")"));
    }
  }

  void threadGroups() {
    if (report.threadGroups() == null || report.threadGroups().isEmpty()) {
      return;
    }
    Report.Capture capture = report.capture();
    Long age = capture == null ? null : capture.ageMillis();
    String moment = capture == null ? "" : String.valueOf(capture.moment());
    String when =
        switch (moment) {
          case "fault" -> " at the fault";
          case "exit" -> " at the end";
          default -> age == null ? "" : " as they were " + age + " ms before the end";
        };
    text.heading("THREADS" + when);
    groups(report.threadGroups());
    if (report.threadGroups().size() > GROUPS) {
      text.line("... " + (report.threadGroups().size() - GROUPS) + " more stacks in report.json");
    }
    List<String> others =
        report
            .allThreads()
            .filter(thread -> !thread.crashed())
            .filter(thread -> thread.frames() == null || thread.frames().isEmpty())
            .map(ThreadInfo::name)
            .toList();
    if (!others.isEmpty()) {
      text.paragraph(others.size() + " without Java frames: " + String.join(", ", others));
    }
  }

  void earlierThreads() {
    Report.EarlierThreads earlier = report.earlierThreads();
    if (earlier != null && earlier.threadGroups() != null) {
      text.heading("THREADS at the SIGTERM, " + earlier.beforeMillis() + " ms earlier");
      groups(earlier.threadGroups());
    }
  }

  private void groups(List<StackGroup> groups) {
    for (StackGroup group : groups.stream().limit(GROUPS).toList()) {
      text.line(
          group.count()
              + (group.count() == 1 ? " thread: " : " threads: ")
              + String.join(", ", group.names()));
      List<Frame> frames = group.frames() == null ? List.of() : group.frames();
      frames.stream()
          .limit(GROUP_FRAMES)
          .forEach(frame -> text.line("    at " + FrameText.of(frame)));
      if (frames.size() > GROUP_FRAMES) {
        text.line("    ... " + (frames.size() - GROUP_FRAMES) + " more");
      }
    }
  }
}
