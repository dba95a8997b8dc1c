// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code report.json}. All fields but the first three are optional: null and empty values are left
 * out. Addresses are hex strings, times in nanoseconds are decimal strings, frames are newest
 * first. The published schema is {@code report.schema.json}.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Report(
    @JsonProperty("schema_version") String schemaVersion,
    String uuid,
    String timestamp,
    @Nullable String identity,
    Diagnosis diagnosis,
    @Nullable Termination termination,
    @JsonProperty("sig_info") @Nullable SigInfo sigInfo,
    @Nullable Sender sender,
    @Nullable String signature,
    @Nullable String fingerprint,
    @Nullable Capture capture,
    @Nullable List<ThreadInfo> threads,
    @JsonProperty("thread_groups") @Nullable List<StackGroup> threadGroups,
    @Nullable List<Deadlock> deadlocks,
    @JsonProperty("earlier_threads") @Nullable EarlierThreads earlierThreads,
    @Nullable Ucontext ucontext,
    @Nullable List<Module> modules,
    @Nullable Counters counters,
    @Nullable List<TimelineEntry> timeline,
    @Nullable Jvm jvm,
    @Nullable Map<String, Object> resource,
    @Nullable Map<String, Object> cgroup,
    @JsonProperty("hs_err") @Nullable HsErr hsErr,
    @Nullable Map<String, String> tags,
    @Nullable Redaction redaction,
    @JsonProperty("soft_errors") @Nullable List<String> softErrors) {

  /** The version of the schema that this class implements. */
  public static final String SCHEMA_VERSION = "1.0.0";

  /** An empty report of this version. */
  public static ReportBuilder builder() {
    return new ReportBuilder().schemaVersion(SCHEMA_VERSION);
  }

  /** An enum that is written to JSON in lower case, with hyphens between words. */
  private static String json(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** How the process died. */
  public enum Category {
    VM_CRASH,
    VM_ERROR,
    NATIVE_ABORT,
    FATAL_SIGNAL,
    KILLED,
    OOM_KILLED,
    EXIT,
    CLEAN,
    UNKNOWN;

    @JsonValue
    String json() {
      return Report.json(this);
    }

    @Override
    public String toString() {
      return json();
    }
  }

  /** How sure the verdict is. */
  public enum Confidence {
    CERTAIN,
    LIKELY,
    POSSIBLE;

    @JsonValue
    String json() {
      return Report.json(this);
    }

    @Override
    public String toString() {
      return json();
    }
  }

  /** Whether a frame was read from reliable structures. */
  public enum Trust {
    CERTAIN,
    GUESSED;

    @JsonValue
    String json() {
      return Report.json(this);
    }
  }

  /**
   * The verdict.
   *
   * @param evidence the reasons: sentences with the ids of their events
   * @param hint what to do next
   * @param phase of the JVM's life: {@code arming}, {@code starting}, {@code running}, {@code
   *     shutting-down}, {@code exiting} or {@code vm-destroyed}
   * @param memory the figures of the memory cgroup that was full, one sentence
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Diagnosis(
      Category category,
      String summary,
      Confidence confidence,
      @Nullable List<String> evidence,
      @Nullable String hint,
      @Nullable String phase,
      @Nullable String memory) {}

  /**
   * What began the end, and how the process ended.
   *
   * @param exitedBy native id of the thread that called exit, _exit, System.exit or halt
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Termination(
      @JsonProperty("first_cause") @Nullable FirstCause firstCause,
      @JsonProperty("final_status") @Nullable FinalStatus finalStatus,
      @JsonProperty("exited_by") @Nullable Integer exitedBy) {}

  /** The first decisive event, with its id in the evidence. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FirstCause(
      String event,
      @Nullable String what,
      String timeUnixNano,
      @JsonProperty("native_id") @Nullable Integer nativeId) {}

  /** Exit code, or the signal that ended the process. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FinalStatus(
      @Nullable Integer code,
      @Nullable String signal,
      @JsonProperty("core_dumped") @Nullable Boolean coreDumped) {}

  /** The siginfo of the signal. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record SigInfo(
      @JsonProperty("si_signo") int signo,
      @JsonProperty("si_signo_human_readable") String signoHumanReadable,
      @JsonProperty("si_code") @Nullable Integer code,
      @JsonProperty("si_code_human_readable") @Nullable String codeHumanReadable,
      @JsonProperty("si_addr") @Nullable String address,
      @Nullable String access) {}

  /**
   * The sender of the signal. Faults raised by the CPU and signals of the kernel have no sender.
   *
   * @param cgroup the path as in {@code /proc/PID/cgroup}, or its last names
   * @param pidNamespace the inode of its pid namespace, as in {@code /proc/PID/ns/pid}
   * @param how the system call that sent the signal
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Sender(
      @JsonProperty("has_sender") boolean hasSender,
      @JsonProperty("process.pid") @Nullable Integer pid,
      @JsonProperty("thread.id") @Nullable Integer tid,
      @JsonProperty("process.vpid") @Nullable Integer vpid,
      @JsonProperty("process.user.id") @Nullable Integer userId,
      @JsonProperty("thread.name") @Nullable String comm,
      @JsonProperty("process.executable.name") @Nullable String executable,
      @JsonProperty("process.command_line") @Nullable String commandLine,
      @JsonProperty("process.linux.cgroup") @Nullable String cgroup,
      @JsonProperty("container.id") @Nullable String containerId,
      @JsonProperty("pid_namespace") @Nullable Long pidNamespace,
      @Nullable String how,
      @Nullable List<Ancestor> ancestry) {

    /** The sender of a signal that no process sent. */
    public static final Sender NOBODY = builder().hasSender(false).build();

    /** A sender without any facts yet. */
    public static SenderBuilder builder() {
      return new SenderBuilder();
    }
  }

  /** An ancestor of the sender. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Ancestor(
      @JsonProperty("process.pid") int pid,
      @JsonProperty("process.executable.name") @Nullable String executable) {}

  /**
   * What was captured, and what is missing.
   *
   * @param moment the moment of the threads' stacks: {@code fault}, {@code exit} or {@code before}
   * @param ageMillis the age of the stacks at the death, if they are from before it
   * @param frozenMillis how long all threads were stopped at the fault
   * @param heldMillis how long the process was held in its exit
   * @param probes the attached probes, by name
   * @param missing the missing parts, each with its reason
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Capture(
      String level,
      @Nullable String moment,
      @JsonProperty("age_ms") @Nullable Long ageMillis,
      @JsonProperty("frozen_ms") @Nullable Double frozenMillis,
      @JsonProperty("frozen_by") @Nullable String frozenBy,
      @JsonProperty("held_ms") @Nullable Double heldMillis,
      @JsonProperty("lost_events") @Nullable Long lostEvents,
      @Nullable Map<String, Object> probes,
      @Nullable List<String> missing) {}

  /**
   * A thread.
   *
   * @param id Java's thread id; null if the thread is not known to be a Java thread
   * @param nativeId the tid in the JVM's own pid namespace
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record ThreadInfo(
      @Nullable Long id,
      @JsonProperty("native_id") @Nullable Integer nativeId,
      @JsonInclude(JsonInclude.Include.ALWAYS) String name,
      @Nullable String state,
      @JsonProperty("vm_state") @Nullable String vmState,
      @Nullable Boolean daemon,
      @Nullable Integer priority,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean virtual,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean crashed,
      @Nullable List<Frame> frames,
      @Nullable List<LockInfo> holds,
      @JsonProperty("waits_for") @Nullable WaitInfo waitsFor,
      @JsonProperty("soft_errors") @Nullable List<String> softErrors) {

    /** A thread without any facts yet. */
    public static ThreadInfoBuilder builder() {
      return new ThreadInfoBuilder();
    }

    /** The same thread with another value of {@code crashed}. */
    public ThreadInfo withCrashed(boolean yes) {
      return yes == crashed ? this : new ThreadInfoBuilder(this).crashed(yes).build();
    }
  }

  /**
   * The threads at an earlier moment than the death.
   *
   * @param moment {@code request}: at the SIGTERM
   * @param beforeMillis how much earlier
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record EarlierThreads(
      String moment,
      String timeUnixNano,
      @JsonProperty("before_ms") long beforeMillis,
      @Nullable List<ThreadInfo> threads,
      @JsonProperty("thread_groups") @Nullable List<StackGroup> threadGroups) {}

  /** An object that is a monitor or a lock of java.util.concurrent. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record LockInfo(@JsonProperty("class") String className, String address) {}

  /**
   * What a thread waits for.
   *
   * @param how {@code monitor}: to enter a monitor; {@code notification}: in Object.wait; {@code
   *     unpark}: parked until somebody releases the object
   * @param ownerId Java's thread id of the owner
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record WaitInfo(
      String how,
      @JsonProperty("class") String className,
      String address,
      @JsonProperty("owner_id") @Nullable Long ownerId,
      @JsonProperty("owner_name") @Nullable String ownerName) {}

  /**
   * A cycle: each thread waits for the lock of the next one, and the last for that of the first.
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Deadlock(List<String> threads, List<LockInfo> locks) {}

  /** A frame of a stack. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Frame(
      @JsonProperty("class") @Nullable String className,
      @Nullable String method,
      @Nullable String descriptor,
      @Nullable String file,
      @Nullable Integer line,
      @Nullable Integer bci,
      @Nullable String type,
      @Nullable String function,
      @Nullable String path,
      @JsonProperty("build_id") @Nullable String buildId,
      @Nullable String ip,
      @Nullable String sp,
      @Nullable Trust trust,
      @JsonProperty("in_app") @Nullable Boolean inApp) {

    /** A frame without any facts yet. */
    public static FrameBuilder builder() {
      return new FrameBuilder();
    }

    /** Only the place in the program, without the address in memory and the kind of code. */
    public Frame place() {
      boolean isJava = className != null;
      return new FrameBuilder(this)
          .type(isJava && !"native".equals(type) ? null : type)
          .ip(null)
          .sp(null)
          .trust(null)
          .build();
    }
  }

  /** Threads with the same stack. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record StackGroup(int count, List<String> names, @Nullable List<Frame> frames) {}

  /** The registers of the fault, not of the abort that follows. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Ucontext(
      String arch, Map<String, String> registers, @Nullable Map<String, String> mappings) {}

  /** A file that was mapped executable. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Module(
      String path, @JsonProperty("build_id") @Nullable String buildId, String start, String end) {}

  /** Benign signals by name and cause, and the number of lost records. */
  public record Counters(@JsonProperty("benign_faults") Map<String, Long> benign, long lost) {}

  /** An event, in the order of time. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record TimelineEntry(
      String id,
      String timeUnixNano,
      @JsonProperty("since_fault_ns") @Nullable String sinceFaultNanos,
      @Nullable String eventName,
      @Nullable Map<String, Object> attributes) {}

  /** The VM. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Jvm(
      @Nullable String version,
      @Nullable String vm,
      @JsonProperty("java_home") @Nullable String javaHome,
      @Nullable List<String> arguments,
      @JsonProperty("uptime_ms") @Nullable Long uptimeMillis) {}

  /** HotSpot's log. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record HsErr(
      String path, String copy, boolean complete, @Nullable Map<String, Object> parsed) {}

  /** How many secrets were redacted. */
  public record Redaction(boolean on, int count) {}

  /** The thread that died, if it is known. */
  public Optional<ThreadInfo> crashedThread() {
    return allThreads().filter(ThreadInfo::crashed).findFirst();
  }

  Stream<ThreadInfo> allThreads() {
    return threads == null ? Stream.empty() : threads.stream();
  }
}
