// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names the sender of a signal, and the system call. */
public final class Senders {

  private static final int WRITE = 1;

  /** arch/x86/entry/syscalls/syscall_64.tbl */
  private static final Map<Integer, String> SYSTEM_CALLS =
      Map.of(
          WRITE,
          "write to cgroup.kill",
          62,
          "kill",
          129,
          "sigqueue",
          200,
          "tkill",
          234,
          "tgkill",
          297,
          "rt_tgsigqueueinfo",
          424,
          "pidfd_send_signal");

  private static final int SIGHUP = 1;
  private static final int SIGINT = 2;
  private static final int SIGQUIT = 3;
  private static final int SIGALRM = 14;
  private static final int SIGXCPU = 24;
  private static final int SIGXFSZ = 25;
  private static final int SIGVTALRM = 26;
  private static final int SIGPROF = 27;

  private Senders() {}

  /** The sender, as a summary names it. */
  static String name(Event.SignalSent sent) {
    if (sent.byKernel() || !sent.thread().hasNumbers()) {
      return "the kernel" + reason(sent.signo());
    }
    String name = sent.executable() == null ? sent.thread().comm() : sent.executable();
    String who = name + " (pid " + pid(sent.thread()) + ", uid " + sent.uid() + ")";
    return sent.exiting() ? "the kernel, because its parent " + who + " ended" : who;
  }

  /**
   * The program, and the system call if it explains the death; equal for deaths of the same kind.
   */
  static String kind(Event.SignalSent sent) {
    String name = sent.executable() == null ? sent.thread().comm() : sent.executable();
    return (sent.exiting() ? "the end of its parent " + name : name)
        + (sent.signo() == Death.SIGKILL && Integer.valueOf(WRITE).equals(sent.syscall())
            ? ", " + how(sent)
            : "");
  }

  private static String reason(int signo) {
    return switch (signo) {
      case SIGHUP -> " (its terminal was closed)";
      case SIGINT, SIGQUIT -> " (typed at its terminal)";
      case SIGALRM, SIGVTALRM, SIGPROF -> " (a timer)";
      case SIGXCPU -> " (the limit of CPU time, RLIMIT_CPU)";
      case SIGXFSZ -> " (the limit of a file's size, RLIMIT_FSIZE)";
      default -> "";
    };
  }

  /** The system call that sent the signal; null if it is unknown. */
  public static @Nullable String how(Event.SignalSent sent) {
    boolean isWrite = sent.syscall() != null && sent.syscall() == WRITE;
    return sent.syscall() == null || (isWrite && sent.signo() != Death.SIGKILL)
        ? null
        : SYSTEM_CALLS.get(sent.syscall());
  }

  /** The pid in the helper's pid namespace; outside that namespace, the pid in the initial one. */
  public static int pid(Event.ThreadIds ids) {
    return ids.tgid() != 0 ? ids.tgid() : ids.kernelTgid();
  }
}
