// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.jmortem.hotspot.StackDump;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of evidence. Thread ids come in three numberings: {@code tid} as the helper's pid
 * namespace sees it, {@code vtid} as the process's own does, {@code kernel_tid} as the initial one
 * does; 0 where there is no such number. A field that the line does not have is null or 0.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Event.Armed.class, name = "armed"),
  @JsonSubTypes.Type(value = Event.Told.class, name = "told"),
  @JsonSubTypes.Type(value = Event.SignalSent.class, name = "signal_sent"),
  @JsonSubTypes.Type(value = Event.FatalError.class, name = "fatal_error"),
  @JsonSubTypes.Type(value = Event.Abort.class, name = "abort"),
  @JsonSubTypes.Type(value = Event.FatalSignal.class, name = "fatal_signal"),
  @JsonSubTypes.Type(value = Event.Frozen.class, name = "frozen"),
  @JsonSubTypes.Type(value = Event.Released.class, name = "released"),
  @JsonSubTypes.Type(value = Event.ThreadState.class, name = "thread"),
  @JsonSubTypes.Type(value = Event.ProcFile.class, name = "proc_file"),
  @JsonSubTypes.Type(value = Event.CgroupFile.class, name = "cgroup_file"),
  @JsonSubTypes.Type(value = Event.Snapshot.class, name = "snapshot"),
  @JsonSubTypes.Type(value = Event.Stacks.class, name = "stacks"),
  @JsonSubTypes.Type(value = Event.ExitCalled.class, name = "exit_called"),
  @JsonSubTypes.Type(value = Event.Exiting.class, name = "exiting"),
  @JsonSubTypes.Type(value = Event.Exit.class, name = "exit"),
  @JsonSubTypes.Type(value = Event.OomVictim.class, name = "oom_victim"),
  @JsonSubTypes.Type(value = Event.Exec.class, name = "exec"),
  @JsonSubTypes.Type(value = Event.Debugger.class, name = "debugger"),
  @JsonSubTypes.Type(value = Event.EndedEarly.class, name = "ended_early"),
  @JsonSubTypes.Type(value = Event.HelperLost.class, name = "helper_lost"),
  @JsonSubTypes.Type(value = Event.Pod.class, name = "pod"),
  @JsonSubTypes.Type(value = Event.KernelLog.class, name = "kernel_log"),
  @JsonSubTypes.Type(value = Event.Counters.class, name = "counters"),
  @JsonSubTypes.Type(value = Event.MappedFile.class, name = "mapped_file"),
  @JsonSubTypes.Type(value = Event.Problem.class, name = "problem"),
  @JsonSubTypes.Type(value = Event.Complete.class, name = "complete")
})
public sealed interface Event {

  /** The name of the line within the evidence: {@code e1}, {@code e2}... */
  String id();

  /** Nanoseconds since 1970. */
  long timeUnixNano();

  /** The numbers of one thread, and its name in the kernel (at most 15 bytes). */
  record ThreadIds(
      int tid,
      int tgid,
      int vtid,
      int vtgid,
      @JsonProperty("kernel_tid") int kernelTid,
      @JsonProperty("kernel_tgid") int kernelTgid,
      String comm) {

    /** Whether any of the numbers is known. */
    public boolean hasNumbers() {
      return tid != 0 || vtid != 0 || kernelTid != 0;
    }

    /** The value for an unknown thread. */
    public static final ThreadIds UNKNOWN = new ThreadIds(0, 0, 0, 0, 0, 0, "");

    /** Replaces a missing field: evidence may be incomplete. */
    public ThreadIds {
      comm = comm == null ? "" : comm;
    }
  }

  /**
   * A signal that was delivered to a handler, with the registers of that moment.
   *
   * @param raisedAgain whether the process then sent itself the same one
   */
  record Fault(
      @JsonProperty("si_signo") int signo,
      @JsonProperty("si_code") int code,
      @JsonProperty("si_addr") @Nullable String address,
      @JsonProperty("trap_nr") int trapNumber,
      @JsonProperty("error_code") int errorCode,
      @Nullable String handler,
      @JsonProperty("raised_again") boolean raisedAgain,
      long timeUnixNano,
      @Nullable Map<String, String> registers) {}

  /**
   * The helper armed: it watches the JVM from now on.
   *
   * @param schema version of the evidence's schema, {@code MAJOR.MINOR}
   * @param bootUnixNano when the kernel booted, from which {@code /proc/PID/stat} counts
   * @param memory why the process's memory can't be read; null if it can
   * @param hold why the process can't be held in its exit; null if it can
   * @param options what it was told
   * @param probes what it could attach, and what it could not
   */
  record Armed(
      String id,
      long timeUnixNano,
      @Nullable String schema,
      @Nullable String helper,
      @Nullable String level,
      @Nullable String memory,
      @Nullable String hold,
      int pid,
      int uid,
      @JsonProperty("boot_unix_nano") long bootUnixNano,
      @Nullable Options options,
      @Nullable Map<String, Object> probes)
      implements Event {}

  /**
   * The configuration of the helper.
   *
   * @param onExit {@link #ON_EXIT_ALWAYS}, {@code nonzero} or {@code never}
   * @param vmOptions options of the VM that the environment holds, one a line; null if none
   * @param reportOptions for the reporter alone: {@code key=value} lines; null if none
   */
  record Options(
      @Nullable String dir,
      @JsonProperty("fallback-dir") @Nullable String fallbackDir,
      @Nullable String freeze,
      boolean hold,
      @JsonProperty("deadline-ms") int deadlineMillis,
      @JsonProperty("on-exit") @Nullable String onExit,
      @JsonProperty("vm-options") @Nullable String vmOptions,
      @JsonProperty("report-options") @Nullable String reportOptions,
      @Nullable String java,
      @Nullable String jar) {

    /** A report is made of every exit. */
    public static final String ON_EXIT_ALWAYS = "always";

    /** The same before the schema had a version. */
    private static final String ONCE_ALWAYS = "2";

    /** Also accepts the values of evidence without a version. */
    public Options {
      onExit = ONCE_ALWAYS.equals(onExit) ? ON_EXIT_ALWAYS : onExit;
    }
  }

  /**
   * What the JVM's agent said to the daemon, as it is in effect. It goes before the options of
   * {@link Armed}.
   *
   * @param onExit as in {@link Options}
   * @param vmOptions as in {@link Options}
   * @param reportOptions as in {@link Options}, but only those of this report alone
   */
  record Told(
      String id,
      long timeUnixNano,
      @JsonProperty("deadline-ms") int deadlineMillis,
      @JsonProperty("on-exit") @Nullable String onExit,
      @JsonProperty("vm-options") @Nullable String vmOptions,
      @JsonProperty("report-options") @Nullable String reportOptions)
      implements Event {}

  /** The process had ended before the helper armed. An event that is missing may have happened. */
  record EndedEarly(String id, long timeUnixNano) implements Event {}

  /**
   * A signal killed the helper; its watchdog made the report. Records that the helper had not
   * written are lost.
   *
   * @param isTooLate whether that was one of its own bounds: it had taken too long
   */
  record HelperLost(
      String id,
      long timeUnixNano,
      @JsonProperty("si_signo") int signo,
      @JsonProperty("too_late") boolean isTooLate)
      implements Event {}

  /**
   * A process sent a signal; {@code thread} is the sender.
   *
   * @param syscall by whose number it was sent; null if by none, or it is not known
   * @param exiting whether the sender was ending itself: the signal tells of its death
   * @param withheld whether the daemon left out executable and command line, as another user's
   * @param cgroup the sender's, as in {@code /proc/PID/cgroup}; at most its last names
   */
  record SignalSent(
      String id,
      long timeUnixNano,
      ThreadIds thread,
      @JsonProperty("si_signo") int signo,
      @JsonProperty("si_code") int code,
      @JsonProperty("target_vtid") int targetVtid,
      @JsonProperty("by_kernel") boolean byKernel,
      int uid,
      int euid,
      @JsonProperty("pid_ns") long pidNamespace,
      @JsonProperty("cgroup_id") @Nullable String cgroupId,
      @Nullable String cgroup,
      @Nullable Integer syscall,
      boolean exiting,
      @Nullable String executable,
      @JsonProperty("command_line") @Nullable String commandLine,
      boolean withheld,
      @Nullable List<Ancestor> ancestry)
      implements Event {

    /** Replaces a missing field: evidence may be incomplete. */
    public SignalSent {
      thread = thread == null ? ThreadIds.UNKNOWN : thread;
    }
  }

  /** A parent, grandparent... of a signal's sender. */
  record Ancestor(int tgid, @JsonProperty("kernel_tgid") int kernelTgid, String comm) {

    /** Replaces a missing field: evidence may be incomplete. */
    public Ancestor {
      comm = comm == null ? "" : comm;
    }
  }

  /**
   * HotSpot started its error report. {@code first} is false for another thread that crashes
   * meanwhile.
   *
   * @param detail the format of its own words, as for printf
   * @param argument the first one of that format, if it is a text; null otherwise
   */
  record FatalError(
      String id,
      long timeUnixNano,
      ThreadIds thread,
      @Nullable String marker,
      boolean first,
      @Nullable String freeze,
      @JsonProperty("error_id") long errorId,
      @Nullable String message,
      @Nullable String detail,
      @Nullable String argument,
      @Nullable String file,
      int line,
      @Nullable Fault fault)
      implements Event {

    /** Replaces a missing field: evidence may be incomplete. */
    public FatalError {
      thread = thread == null ? ThreadIds.UNKNOWN : thread;
    }
  }

  /**
   * {@code abort()} was entered.
   *
   * @param caller the return address
   * @param message what glibc had said before, such as which assertion failed; null if nothing
   */
  record Abort(
      String id,
      long timeUnixNano,
      ThreadIds thread,
      boolean first,
      @Nullable String freeze,
      @Nullable String caller,
      @Nullable String message,
      @Nullable Map<String, String> registers)
      implements Event {

    /** Replaces a missing field: evidence may be incomplete. */
    public Abort {
      thread = thread == null ? ThreadIds.UNKNOWN : thread;
    }
  }

  /**
   * A signal was delivered whose default action ends the process.
   *
   * @param syscall of a SIGSYS: the system call that was refused; 0 for others
   */
  record FatalSignal(
      String id,
      long timeUnixNano,
      ThreadIds thread,
      @JsonProperty("si_signo") int signo,
      @JsonProperty("si_code") @Nullable Integer code,
      @JsonProperty("si_addr") @Nullable String address,
      @JsonProperty("si_pid") int senderPid,
      @JsonProperty("si_uid") int senderUid,
      @JsonProperty("si_syscall") int syscall,
      @Nullable Map<String, String> registers,
      @Nullable Fault fault)
      implements Event {

    /** Replaces a missing field: evidence may be incomplete. */
    public FatalSignal {
      thread = thread == null ? ThreadIds.UNKNOWN : thread;
    }
  }

  /**
   * Values of {@code marker}: how HotSpot's error report was detected. Others are not used here.
   */
  final class Markers {
    /** A uprobe on the function of libjvm that starts the error report. */
    public static final String UPROBE = "uprobe";

    /** Libjvm called abort() or exit() in its handler of a fault. */
    public static final String END = "end";

    private Markers() {}
  }

  /** Values of {@code moment}: when the process was inspected. */
  final class Moments {
    /** It received SIGTERM. */
    public static final String REQUEST = "request";

    /** HotSpot started its error report, or abort() was called. */
    public static final String FAULT = "fault";

    /** It was in its exit: its threads gone, its memory still there. */
    public static final String EXIT = "exit";

    private Moments() {}
  }

  /** All threads were stopped. */
  record Frozen(
      String id,
      long timeUnixNano,
      @Nullable String moment,
      @Nullable String by,
      int threads,
      @JsonProperty("took_ns") long tookNanos)
      implements Event {}

  /** The process was released. */
  record Released(
      String id,
      long timeUnixNano,
      @Nullable String moment,
      @JsonProperty("held_ns") long heldNanos)
      implements Event {}

  /** A thread of the process, frozen, or killed where it was. */
  record ThreadState(
      String id,
      long timeUnixNano,
      @Nullable String moment,
      int tid,
      int vtid,
      String comm,
      boolean stopped,
      @Nullable Map<String, String> registers)
      implements Event {

    /** Replaces a missing field: evidence may be incomplete. */
    public ThreadState {
      comm = comm == null ? "" : comm;
    }
  }

  /** A file or link of {@code /proc/PID}, as it was read. */
  record ProcFile(
      String id, long timeUnixNano, @Nullable String name, @Nullable String text, boolean truncated)
      implements Event {}

  /** A file of a memory cgroup: the process's own, or one {@code level} levels above it. */
  record CgroupFile(
      String id,
      long timeUnixNano,
      @Nullable String name,
      int level,
      @Nullable String text,
      boolean truncated)
      implements Event {}

  /** The agent's last rolling snapshot. */
  record Snapshot(
      String id, long timeUnixNano, @Nullable String name, @Nullable String text, boolean truncated)
      implements Event {}

  /** What the walk through the process's memory found; the time is that of its start. */
  record Stacks(String id, long timeUnixNano, @Nullable String moment, StackDump dump)
      implements Event {

    /** Replaces a missing field: evidence may be incomplete. */
    public Stacks {
      dump = dump == null ? StackDump.EMPTY : dump;
    }
  }

  /**
   * libc's {@code exit()} or {@code _exit()} was entered.
   *
   * @param status its argument
   * @param immediate whether it was {@code _exit()}
   * @param caller the return address
   */
  record ExitCalled(
      String id,
      long timeUnixNano,
      ThreadIds thread,
      int status,
      boolean immediate,
      @Nullable String caller,
      @Nullable Map<String, String> registers)
      implements Event {

    /** Replaces a missing field: evidence may be incomplete. */
    public ExitCalled {
      thread = thread == null ? ThreadIds.UNKNOWN : thread;
    }
  }

  /** The process is held in its exit; {@code status} as wait(2) will give it. */
  record Exiting(String id, long timeUnixNano, int status) implements Event {}

  /**
   * The OOM killer chose the process.
   *
   * @param thread for whom memory was to be found
   */
  record OomVictim(
      String id,
      long timeUnixNano,
      @Nullable ThreadIds thread,
      @JsonProperty("total_vm_pages") long totalVmPages,
      @JsonProperty("oom_score_adj") int oomScoreAdj)
      implements Event {}

  /** The process became another program, by execve. */
  record Exec(String id, long timeUnixNano, ThreadIds thread) implements Event {

    /** Replaces a missing field: evidence may be incomplete. */
    public Exec {
      thread = thread == null ? ThreadIds.UNKNOWN : thread;
    }
  }

  /** A process attached to the JVM by ptrace; the helper released its hold. */
  record Debugger(String id, long timeUnixNano, ThreadIds thread) implements Event {

    /** Replaces a missing field: evidence may be incomplete. */
    public Debugger {
      thread = thread == null ? ThreadIds.UNKNOWN : thread;
    }
  }

  /**
   * The Kubernetes pod of the process. What is unknown is null.
   *
   * @param container the container's name in the pod
   */
  record Pod(
      String id,
      long timeUnixNano,
      String uid,
      @JsonProperty("container_id") @Nullable String containerId,
      @Nullable String namespace,
      @Nullable String name,
      @Nullable String container)
      implements Event {

    /** Replaces a missing field: evidence may be incomplete. */
    public Pod {
      uid = uid == null ? "" : uid;
    }
  }

  /** A line of the kernel's log about a death, of this process or of another. */
  record KernelLog(String id, long timeUnixNano, String text) implements Event {

    /** Replaces a missing field: evidence may be incomplete. */
    public KernelLog {
      text = text == null ? "" : text;
    }
  }

  /** The process has ended; {@code status} as wait(2) gives it. */
  record Exit(String id, long timeUnixNano, @Nullable ThreadIds thread, int status)
      implements Event {}

  /** Signals that were counted in the kernel and not recorded. */
  record Counters(String id, long timeUnixNano, @Nullable List<Count> benign, long lost)
      implements Event {}

  /** The number of benign signals of one kind. */
  record Count(
      @JsonProperty("si_signo") int signo, @JsonProperty("si_code") int code, long count) {}

  /**
   * The file that is mapped where a fault was, as the reporter found it after the death.
   *
   * @param path as the process names it
   * @param offset in the file, of what was accessed
   * @param size of the file in bytes
   * @param free bytes that its file system has left for the process's user
   * @param type of its file system
   */
  record MappedFile(
      String id,
      long timeUnixNano,
      @Nullable String path,
      long offset,
      long size,
      long free,
      @Nullable String type)
      implements Event {}

  /**
   * Something could not be done or read.
   *
   * @param part what could not be had, one of {@link Parts}
   * @param what why, one sentence
   * @param moment at which the process was looked at then; null if it was at none
   */
  record Problem(
      String id, long timeUnixNano, @Nullable String part, String what, @Nullable String moment)
      implements Event {

    /**
     * A line may lack what it should have. Before the schema had a version, the part was a prefix.
     */
    public Problem {
      what = what == null ? "" : what;
      for (String each : part == null ? Parts.ONCE_PREFIXES : List.<String>of()) {
        if (what.startsWith(each + ": ")) {
          part = each;
          what = what.substring(each.length() + 2);
        }
      }
    }

    /** The sentence for people, with the part in front if the sentence needs it. */
    public String text() {
      return part == null || part.equals(Parts.RECORDS) || part.equals(Parts.LINES)
          ? what
          : part + ": " + what;
    }
  }

  /** Values of {@code part}: what is missing. */
  final class Parts {
    /** Java's stacks, by the walker. */
    public static final String STACKS = "stacks";

    /** Registers and names of threads. */
    public static final String THREADS = "threads";

    /** The stop of all threads. */
    public static final String FREEZE = "freeze";

    /** What BPF recorded. */
    public static final String RECORDS = "records";

    /** Lines of the evidence itself. */
    public static final String LINES = "lines";

    /** HotSpot's log. */
    public static final String HS_ERR = "hs_err";

    private static final List<String> ONCE_PREFIXES = List.of(STACKS, THREADS, FREEZE, HS_ERR);

    private Parts() {}
  }

  /** The last line; {@code status} tells whether the exit status is known. */
  record Complete(String id, long timeUnixNano, boolean status) implements Event {}
}
