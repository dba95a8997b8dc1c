// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.Numbers;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The sender of a signal, according to hs_err.
 *
 * @param pid in the process's own pid namespace; 0 for a process outside it
 */
record LoggedSender(String pid, String uid, boolean isSelf) {

  /**
   * {@code si_pid: 7, si_uid: 0}, with {@code (current process)} between; up to 10 {@code sent from
   * pid: 7 (uid: 0)}.
   */
  private static final Pattern SENDER =
      Pattern.compile(
          "pid[:=] ?(\\d{1,10})( \\(current process\\))?,? \\(?(?:si_)?uid[:=] ?(\\d{1,10})");

  /** Empty if hs_err does not name a sender. */
  static Optional<LoggedSender> of(Death death) {
    return death.hsErr.flatMap(log -> of(log, death.vpid()));
  }

  private static Optional<LoggedSender> of(HsErrLog log, long own) {
    Matcher found = SENDER.matcher(String.valueOf(log.siginfo()));
    if (!found.find()) {
      return ofAddress(log, own);
    }
    String pid = found.group(1);
    boolean isSelf = found.group(2) != null || pid.equals("" + own) || pid.equals("" + log.pid());
    return Optional.of(new LoggedSender(pid, found.group(3), isSelf));
  }

  /** Up to JDK 8, HotSpot prints si_pid and si_uid of siginfo_t as if they were an address. */
  private static Optional<LoggedSender> ofAddress(HsErrLog log, long own) {
    OptionalLong both = Numbers.address(String.valueOf(log.faultAddress()));
    boolean isSent = log.signalCode() != null && log.signalCode() <= 0;
    if (!isSent || both.isEmpty()) {
      return Optional.empty();
    }
    long pid = both.getAsLong() & 0xffffffffL;
    boolean isSelf = pid > 0 && (pid == own || pid == log.pid());
    return Optional.of(new LoggedSender("" + pid, "" + (both.getAsLong() >>> 32), isSelf));
  }

  String words() {
    String who =
        isSelf
            ? "the process itself"
            : pid.equals("0") ? "a process outside its pid namespace" : "process " + pid;
    return who + " (uid " + uid + ")";
  }
}
