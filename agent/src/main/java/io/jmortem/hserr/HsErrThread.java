// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A thread in the log.
 *
 * @param kind the VM's class for it, such as {@code JavaThread} or {@code VMThread}
 * @param name may be anything, quotes included; empty where the log gives none
 * @param state such as {@code _thread_in_native}; null for threads of the VM
 * @param id the kernel's tid in the process's pid namespace, or -1
 */
public record HsErrThread(
    String kind, String name, boolean daemon, String state, long id, boolean current) {

  /**
   * The name is what lies between the first quote and the last one before the bracket; from 21 on
   * blanks follow it. Up to 17 the VM's threads have two brackets, the stack's first.
   */
  private static final Pattern THREAD =
      Pattern.compile(
          "(=>|  )?(?:Current thread )?\\(?0x\\p{XDigit}+\\)?:? +(?:\\(exited\\) +)?(\\w+)"
              + "(?: \"(.*)\" *(daemon)?)? *(?:\\[stack: [^\\]]*\\] *)?\\[(?:(_thread_\\w+), )?id=(\\d{1,18})\\b.*",
          Pattern.DOTALL);

  /** HotSpot cuts its lines at 2000 bytes. */
  private static final int MAX_LINE = 4096;

  /** Parses {@code Current thread ...} or a line of a list of threads; empty if it is neither. */
  public static Optional<HsErrThread> parse(String line) {
    if (line.length() > MAX_LINE) {
      return Optional.empty();
    }
    Matcher matcher = THREAD.matcher(line);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        new HsErrThread(
            matcher.group(2),
            matcher.group(3) == null ? "" : matcher.group(3),
            matcher.group(4) != null,
            matcher.group(5),
            Long.parseLong(matcher.group(6)),
            line.startsWith("=>") || line.startsWith("Current thread")));
  }
}
