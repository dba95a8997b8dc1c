// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import io.jmortem.report.Report.ThreadInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The sections of {@code report.txt} about locks: deadlocks, and who waits for whom. */
final class LockSections {

  private final Report report;
  private final TextLayout text;

  LockSections(Report report, TextLayout text) {
    this.report = report;
    this.text = text;
  }

  void deadlocks() {
    if (report.deadlocks() != null && !report.deadlocks().isEmpty()) {
      text.heading("DEADLOCKS");
      for (Report.Deadlock deadlock : report.deadlocks()) {
        for (int i = 0; i < deadlock.threads().size(); i++) {
          text.line(
              quoted(deadlock.threads().get(i))
                  + " waits for "
                  + describe(deadlock.locks().get(i).className(), deadlock.locks().get(i).address())
                  + ", held by "
                  + quoted(deadlock.threads().get((i + 1) % deadlock.threads().size())));
        }
        text.add("");
      }
    }
  }

  void waiters() {
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
      text.heading("LOCKS that threads wait for");
      waiters.forEach((held, names) -> text.line(held + ", wanted by " + String.join(", ", names)));
    }
  }

  private static String quoted(String name) {
    return '"' + name + '"';
  }

  private static String describe(String className, String address) {
    return className + " " + address;
  }
}
