// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.hserr.HsErrLog;
import io.jmortem.hserr.HsErrThread;
import io.jmortem.proc.SignalNames;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What HotSpot's log tells of signal handlers that are not its own.
 *
 * @param files theirs, as far as the log shows them: from 17 on not those for faults
 * @param hasRaised whether one of them has taken a fault, and raised the signal again
 */
record LoggedHandlers(List<String> files, boolean hasRaised) {

  /** {@code SIGFPE: [libx.so+0x1129], sa_mask...}; from 17 on {@code f in libx.so, mask=...}. */
  private static final Pattern HANDLER =
      Pattern.compile(
          "SIG\\w{1,10}: (?:\\[(.{1,200}?)\\+0x\\p{XDigit}{1,16}\\]|.{1,400}? in ([^,]{1,200})),");

  static LoggedHandlers of(HsErrLog log) {
    TreeSet<String> files = new TreeSet<>();
    for (String line : log.details().signalHandlers()) {
      Matcher handler = HANDLER.matcher(line);
      if (handler.lookingAt()) {
        String path = handler.group(1) != null ? handler.group(1) : handler.group(2);
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (!name.equals("libjvm.so") && !name.startsWith("libjsig")) {
          files.add(name);
        }
      }
    }
    return new LoggedHandlers(List.copyOf(files), hasRaised(log));
  }

  /**
   * A signal that was sent to a thread in Java code by itself: what Java code runs into calls no
   * raise(), but a handler that took a fault from HotSpot does, in that very thread.
   */
  private static boolean hasRaised(HsErrLog log) {
    HsErrThread thread = log.currentThread();
    return SignalNames.FAULTS.contains(log.signo())
        && log.signalCode() != null
        && log.signalCode() <= 0
        && thread != null
        && "_thread_in_Java".equals(thread.state());
  }

  /** What has raised a signal that the process sent to itself, behind the signal's name. */
  String raised() {
    return hasRaised
        ? " was raised again by a signal handler that is not HotSpot's"
            + (files.isEmpty() ? "" : ", of " + String.join(" or ", files))
            + ", after a fault in Java code"
        : " was raised by the process itself";
  }

  /** About such a signal. */
  String hint() {
    String who = files.isEmpty() ? "a library" : String.join(", ", files);
    return hasRaised
        ? who
            + " replaced HotSpot's handler, which answers a null check by a NullPointerException:"
            + " preload libjsig.so, or have it pass on such faults"
        : CrashCauses.RAISED
            + (files.isEmpty()
                ? ""
                : "; or a signal handler of " + who + ", which took a fault and raised it again");
  }

  /** What makes two of them alike; null if it was no handler. */
  String kind() {
    return hasRaised ? "raised by a signal handler" : null;
  }

  /** That there are such handlers, as a reason. */
  Optional<String> reason() {
    return files.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "its log shows signal handlers of "
                + String.join(", ", files)
                + " in place of HotSpot's");
  }
}
