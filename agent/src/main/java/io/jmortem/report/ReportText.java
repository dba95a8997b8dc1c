// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * {@code report.txt}: the first screen, then a section for each part of the report that exists, the
 * most important first.
 */
public final class ReportText {

  private final Report report;
  private final TextLayout text = new TextLayout();

  private ReportText(Report report) {
    this.report = report;
  }

  /** The report as text. */
  public static String write(Report report) {
    return new ReportText(report).write();
  }

  private String write() {
    new FirstScreen(report).lines().forEach(text::add);
    why();
    timeline();
    ThreadSections threads = new ThreadSections(report, text);
    threads.crashedThread();
    LockSections locks = new LockSections(report, text);
    locks.deadlocks();
    locks.waiters();
    threads.threadGroups();
    threads.earlierThreads();
    registers();
    text.keysAndValues("CGROUP", report.cgroup());
    text.keysAndValues("COUNTERS", report.counters() == null ? null : report.counters().benign());
    hsErr();
    modules();
    text.list("SOFT ERRORS", report.softErrors());
    return text.toString();
  }

  private void why() {
    List<String> reasons = report.diagnosis().evidence();
    if (reasons != null && !reasons.isEmpty()) {
      text.heading("EVIDENCE");
      reasons.forEach(text::paragraph);
    }
  }

  private void timeline() {
    if (report.timeline() == null || report.timeline().isEmpty()) {
      return;
    }
    text.heading("TIMELINE (since the first cause)");
    for (Report.TimelineEntry entry : report.timeline()) {
      double millis =
          entry.sinceFaultNanos() == null ? 0 : Long.parseLong(entry.sinceFaultNanos()) / 1e6;
      StringBuilder attributes = new StringBuilder();
      if (entry.attributes() != null) {
        entry
            .attributes()
            .forEach((key, value) -> attributes.append(' ').append(key).append('=').append(value));
      }
      text.line(
          String.format(
              Locale.ROOT,
              "%+14.3f ms  %-4s %s%s",
              millis,
              entry.id(),
              entry.eventName(),
              attributes));
    }
  }

  private void registers() {
    if (report.ucontext() == null) {
      return;
    }
    text.heading("REGISTERS at the fault");
    Map<String, String> mappings =
        report.ucontext().mappings() == null ? Map.of() : report.ucontext().mappings();
    report
        .ucontext()
        .registers()
        .forEach(
            (name, value) ->
                text.line(
                    String.format(
                        Locale.ROOT, "%-7s%-19s%s", name, value, mappings.getOrDefault(name, ""))));
  }

  private void hsErr() {
    if (report.hsErr() == null) {
      return;
    }
    text.heading(
        "HS_ERR "
            + TextLayout.cut(
                report.hsErr().path() + (report.hsErr().complete() ? "" : " (cut off)")));
    if (report.hsErr().parsed() != null) {
      report.hsErr().parsed().forEach(this::keyAndValue);
    }
  }

  /** Writes a line for each element of a list or a map. */
  private void keyAndValue(String key, Object value) {
    String shown = key;
    Collection<?> values =
        value instanceof Collection<?> list
            ? list
            : value instanceof Map<?, ?> map ? map.entrySet() : List.of(value);
    for (Object each : values) {
      text.line(String.format(Locale.ROOT, "%-20s%s", shown, each));
      shown = "";
    }
  }

  private void modules() {
    if (report.modules() == null || report.modules().isEmpty()) {
      return;
    }
    text.heading("MODULES");
    for (Report.Module module : report.modules()) {
      text.line(
          module.start()
              + " "
              + module.path()
              + (module.buildId() == null ? "" : " " + module.buildId()));
    }
  }
}
