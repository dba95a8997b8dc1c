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
          "pid[:=] ?(\\d{1,10})( \\(current process\\))?,? \\(?(?:si_)?uid[:=] ?(\\d{1,10})");

  /** Empty if the log does not tell. */
  static Optional<LoggedSender> of(Death death) {
    return death.hsErr.flatMap(log -> of(log, death.vpid()));
  }

  private static Optional<LoggedSender> of(HsErrLog log, long own) {
    Matcher found = SENDER.matcher(String.valueOf(log.siginfo()));
    if (!found.find()) {
      return Optional.empty();
    }
    String pid = found.group(1);
    boolean isSelf = found.group(2) != null || pid.equals("" + own) || pid.equals("" + log.pid());
    return Optional.of(new LoggedSender(pid, found.group(3), isSelf));
  }

  String words() {
    String who =
        isSelf
            ? "the process itself"
            : pid.equals("0") ? "a process outside its pid namespace" : "process " + pid;
    return who + " (uid " + uid + ")";
  }
}
