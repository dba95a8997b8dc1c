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
import org.jspecify.annotations.Nullable;

/**
 * The signal handlers in HotSpot's log that are not HotSpot's own.
 *
 * @param files the libraries with such handlers; since JDK 17 the log does not show those for
 *     faults
 * @param hasRaised whether one of them received a fault, and raised the signal again
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
   * Whether a thread in Java code sent the signal to itself. Java code does not call raise(), but a
   * handler that received a fault instead of HotSpot's does, in the same thread.
   */
  private static boolean hasRaised(HsErrLog log) {
    HsErrThread thread = log.currentThread();
    return SignalNames.FAULTS.contains(log.signo())
        && log.signalCode() != null
        && log.signalCode() <= 0
        && thread != null
        && "_thread_in_Java".equals(thread.state());
  }

  /** Who raised a signal that the process sent to itself; the text follows the signal's name. */
  String raised() {
    return hasRaised
        ? " was raised again by a signal handler other than HotSpot's"
            + (files.isEmpty() ? "" : " (of " + String.join(" or ", files) + ")")
            + ", after a fault in Java code"
        : " was raised by the process itself";
  }

  /** What to do about such a signal. */
  String hint() {
    String who = files.isEmpty() ? "a library" : String.join(", ", files);
    return hasRaised
        ? who
            + " replaced HotSpot's handler, which throws NullPointerException for a null check:"
            + " start"
            + " the JVM with LD_PRELOAD=libjsig.so, or make that handler pass on such faults"
        : CrashCauses.RAISED
            + (files.isEmpty()
                ? ""
                : "; or for a signal handler of "
                    + who
                    + " that received a fault and raised it again");
  }

  /** The kind for the signature; null if no handler raised the signal. */
  @Nullable String kind() {
    return hasRaised ? "raised by a signal handler" : null;
  }

  /** The reason that names such handlers. */
  Optional<String> reason() {
    return files.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "hs_err shows signal handlers of "
                + String.join(", ", files)
                + " in place of HotSpot's");
  }
}
