// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import io.jmortem.report.Report.ThreadInfo;

/** A thread on one line: its name, number and state. */
final class ThreadText {

  private ThreadText() {}

  static String of(ThreadInfo thread) {
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
}
