// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.hserr.HsErrLog;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who sent a signal, by HotSpot's log of it.
 *
 * @param pid as the process's own pid namespace numbers it; 0 of a process outside
 */
record LoggedSender(String pid, String uid, boolean isSelf) {

  /**
   * {@code si_pid: 7, si_uid: 0}, with {@code (current process)} between; up to 10 {@code sent from
   * pid: 7 (uid: 0)}.
   */
  private static final Pattern SENDER =
      Pattern.compile(
          "pid[:=] ?(\\d{1,10})(?: \\([a-z ]{1,20}\\))?,? \\(?(?:si_)?uid[:=] ?(\\d{1,10})");

  /** Empty if the log does not tell. */
  static Optional<LoggedSender> of(Death death) {
    return death
        .hsErr
        .map(HsErrLog::siginfo)
        .map(SENDER::matcher)
        .filter(Matcher::find)
        .map(
            found ->
                new LoggedSender(
                    found.group(1), found.group(2), found.group(1).equals("" + death.vpid())));
  }

  String words() {
    String who =
        isSelf
            ? "the process itself"
            : pid.equals("0") ? "a process outside its pid namespace" : "process " + pid;
    return who + " (uid " + uid + ")";
  }
}
