// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Evidence;
import io.jmortem.report.TerminalText;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which JVM it is, across its restarts: its pod or systemd unit, if its cgroup tells one, and what
 * it runs. Reports are kept for each identity, so that a crash loop does not drive out others.
 */
final class JvmIdentity {

  /** Of each half: both come from the process. */
  private static final int MAX_LENGTH = 120;

  /** A pod's uid in the kubelet's names of cgroups; a static pod's has no hyphens. */
  private static final Pattern POD =
      Pattern.compile(
          "pod((?:\\p{XDigit}{8}(?:[-_]\\p{XDigit}{4}){3}[-_]\\p{XDigit}{12}|\\p{XDigit}{32}))"
              + "(?!\\p{XDigit})");

  /** All services of a user are below {@code user@UID.service}, which tells nothing. */
  private static final Pattern UNIT =
      Pattern.compile("/((?!user@)[^/\\s]{1,200}\\.service)(?=/|\\s|$)");

  private JvmIdentity() {}

  /** Empty if neither is known. */
  static String of(Evidence evidence) {
    String place = place(evidence.procFile("cgroup").orElse(""));
    String name = JvmName.of(ProcessFacts.commandLine(evidence));
    return (limited(place) + " " + limited(name)).strip();
  }

  /**
   * The pod or the unit.
   *
   * @param cgroup text of {@code /proc/PID/cgroup}
   */
  static String place(String cgroup) {
    Matcher pod = POD.matcher(cgroup);
    if (pod.find()) {
      return "pod/" + pod.group(1).replace('_', '-');
    }
    String unit = "";
    for (Matcher found = UNIT.matcher(cgroup); found.find(); ) {
      unit = found.group(1); // the innermost one is the last
    }
    return unit;
  }

  private static String limited(String text) {
    String line = TerminalText.line(text).strip();
    return line.length() > MAX_LENGTH ? line.substring(0, MAX_LENGTH) : line;
  }
}
