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
 * {@code report.json}. All but the first three are optional: null or empty is left out. Addresses
 * are hex strings, nanosecond times decimal strings, frames newest first. The schema for others is
 * {@code report.schema.json}.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Report(
    @JsonProperty("schema_version") String schemaVersion,
    String uuid,
    String timestamp,
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

  /** The version of the schema that this class is. */
  public static final String SCHEMA_VERSION = "1.0.0";

  /** A report of this version, without anything else. */
  public static ReportBuilder builder() {
    return new ReportBuilder().schemaVersion(SCHEMA_VERSION);
  }

  /** An enum whose JSON is its name in lower case, words joined by a hyphen. */
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

  /** Whether a frame was read from structures that can be relied on. */
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
   * @param evidence sentences, each with the id of the event that it rests on
   * @param hint what to do next
   * @param phase of the JVM's life: {@code arming}, {@code starting}, {@code running}, {@code
   *     shutting-down}, {@code exiting} or {@code vm-destroyed}
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Diagnosis(
      Category category,
      String summary,
      Confidence confidence,
      @Nullable List<String> evidence,
      @Nullable String hint,
      @Nullable String phase) {}

  /**
   * What began the end, and how the process ended.
   *
   * @param exitedBy native id of the thread that called exit, by whatever name
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Termination(
      @JsonProperty("first_cause") @Nullable FirstCause firstCause,
      @JsonProperty("final_status") @Nullable FinalStatus finalStatus,
      @JsonProperty("exited_by") @Nullable Integer exitedBy) {}

  /** The first decisive event; its id is one of the evidence's. */
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

  /** The signal's own account of itself. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record SigInfo(
      @JsonProperty("si_signo") int signo,
      @JsonProperty("si_signo_human_readable") String signoHumanReadable,
      @JsonProperty("si_code") @Nullable Integer code,
      @JsonProperty("si_code_human_readable") @Nullable String codeHumanReadable,
      @JsonProperty("si_addr") @Nullable String address,
      @Nullable String access) {}

  /**
   * Who sent the signal. A fault that the CPU raised has no sender; nor has what the kernel sends.
   *
   * @param cgroup as in {@code /proc/PID/cgroup}; at most its last names
   * @param pidNamespace inode of its pid namespace, as {@code /proc/PID/ns/pid} shows it
   * @param how the system call
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

    /** Of a signal that no process sent. */
    public static final Sender NOBODY = builder().hasSender(false).build();

    /** A sender, of whom nothing is known yet. */
    public static SenderBuilder builder() {
      return new SenderBuilder();
    }
  }

  /** A parent of the sender, and its parent, and so on. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Ancestor(
      @JsonProperty("process.pid") int pid,
      @JsonProperty("process.executable.name") @Nullable String executable) {}

  /**
   * How far the black box reached.
   *
   * @param moment of the threads' stacks: {@code fault}, {@code exit} or {@code before}
   * @param ageMillis of the stacks at the death, where they are from before it
   * @param frozenMillis how long all threads were stopped at the fault
   * @param heldMillis how long the process was held in its exit
   * @param probes what was attached, by name
   * @param missing what, and why
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
   * @param id Java's; null for a thread that is not known to be Java's
   * @param nativeId the kernel's tid as the JVM's own pid namespace sees it
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

    /** A thread of which nothing is known yet. */
    public static ThreadInfoBuilder builder() {
      return new ThreadInfoBuilder();
    }

    /** The same, crashed or not. */
    public ThreadInfo withCrashed(boolean yes) {
      return yes == crashed ? this : new ThreadInfoBuilder(this).crashed(yes).build();
    }
  }

  /**
   * The threads as they were before those of the death.
   *
   * @param moment {@code request}: when it was asked to end
   * @param beforeMillis how long before
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record EarlierThreads(
      String moment,
      String timeUnixNano,
      @JsonProperty("before_ms") long beforeMillis,
      @Nullable List<ThreadInfo> threads,
      @JsonProperty("thread_groups") @Nullable List<StackGroup> threadGroups) {}

  /** A monitor, or a lock of java.util.concurrent: an object. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record LockInfo(@JsonProperty("class") String className, String address) {}

  /**
   * What a thread waits for.
   *
   * @param how {@code monitor}: to enter it; {@code notification}: in Object.wait; {@code unpark}:
   *     by whoever releases the object that it parked for
   * @param ownerId Java's number of the thread that owns it
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record WaitInfo(
      String how,
      @JsonProperty("class") String className,
      String address,
      @JsonProperty("owner_id") @Nullable Long ownerId,
      @JsonProperty("owner_name") @Nullable String ownerName) {}

  /** Each thread waits for the lock that the next one holds, the last one for the first's. */
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

    /** A frame of which nothing is known yet. */
    public static FrameBuilder builder() {
      return new FrameBuilder();
    }

    /** The place in the program alone: neither where in memory it was, nor how it was run. */
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

  /** Signals that did no harm, by name and cause; records that were lost. */
  public record Counters(@JsonProperty("benign_faults") Map<String, Long> benign, long lost) {}

  /** Something that happened, in the order in which it did. */
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

  /** HotSpot's own log. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record HsErr(
      String path, String copy, boolean complete, @Nullable Map<String, Object> parsed) {}

  /** Secrets that are not shown. */
  public record Redaction(boolean on, int count) {}

  /** The thread that died, if it is known. */
  public Optional<ThreadInfo> crashedThread() {
    return allThreads().filter(ThreadInfo::crashed).findFirst();
  }

  Stream<ThreadInfo> allThreads() {
    return threads == null ? Stream.empty() : threads.stream();
  }
}
