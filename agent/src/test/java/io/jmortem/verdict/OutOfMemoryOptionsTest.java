// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import static io.jmortem.verdict.Fixtures.ARMED;
import static io.jmortem.verdict.Fixtures.JVM;
import static io.jmortem.verdict.Fixtures.MAPS;
import static io.jmortem.verdict.Fixtures.PID;
import static io.jmortem.verdict.Fixtures.assertVerdict;
import static io.jmortem.verdict.Fixtures.commandLine;
import static io.jmortem.verdict.Fixtures.decide;
import static io.jmortem.verdict.Fixtures.exit;
import static io.jmortem.verdict.Fixtures.inVm;
import static io.jmortem.verdict.Fixtures.javaFrame;
import static io.jmortem.verdict.Fixtures.javaThread;
import static io.jmortem.verdict.Fixtures.nativeFrame;
import static io.jmortem.verdict.Fixtures.stacks;
import static io.jmortem.verdict.Fixtures.thread;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.EventBuilder;
import io.jmortem.evidence.Event;
import io.jmortem.hotspot.Frame;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Deaths by -XX:OnOutOfMemoryError, OnError and CrashOnOutOfMemoryError. */
class OutOfMemoryOptionsTest {

  private static final Event.ThreadIds WORKER = thread(107, "worker");
  private static final Frame FILL = javaFrame(Frame.Kind.COMPILED, "com.acme.Cache", "fill");

  private static Event vmError(long id, String detail, String argument, String file) {
    return EventBuilder.event("fatal_error", "e5", 6)
        .with("thread", WORKER)
        .with("marker", "uprobe")
        .with("first", true)
        .with("freeze", "ptrace")
        .with("error_id", id)
        .with("message", "fatal error")
        .with("detail", detail)
        .with("argument", argument)
        .with("file", file)
        .with("line", 9)
        .build();
  }

  private static Event sent(int signo, String commandLine, boolean isDescendant) {
    Event.Ancestor ancestor = new Event.Ancestor(isDescendant ? PID : 1, 1, "java");
    return EventBuilder.event("signal_sent", "e3", 3)
        .with("thread", new Event.ThreadIds(200, 200, 200, 200, 200, 200, "sh"))
        .with("si_signo", signo)
        .with("target_vtid", PID)
        .with("pid_ns", 1)
        .with("cgroup_id", "1")
        .with("cgroup", "/")
        .with("syscall", 62)
        .with("executable", "dash")
        .with("command_line", commandLine)
        .with("ancestry", List.of(ancestor))
        .build();
  }

  @Test
  void crashOnOutOfMemoryError() {
    Event stacks = stacks(javaThread(107, "worker", nativeFrame(JVM, "report+0x1"), FILL));
    String format = "OutOfMemory encountered: %s";

    Verdict heap =
        decide(
            ARMED,
            MAPS,
            vmError(0xe0000004L, format, "Java heap space", "debug.cpp"),
            stacks,
            exit(6));
    Verdict classes =
        decide(
            ARMED, MAPS, vmError(0xe0000000L, format, "Metaspace", "debug.cpp"), stacks, exit(6));

    assertVerdict(
        Category.VM_ERROR,
        Confidence.CERTAIN,
        "-XX:+CrashOnOutOfMemoryError: an OutOfMemoryError (Java heap space) in thread \"worker\""
            + " (107) at com.acme.Cache.fill",
        heap);
    assertTrue(heap.hint().contains("-Xmx"), heap.hint());
    assertTrue(classes.summary().contains("(Metaspace)"), classes.summary());
    assertTrue(classes.hint().contains("class loaders"), classes.hint());
    assertNotEquals(heap.kind(), classes.kind());
  }

  /** Unrelated errors have different kinds; a repeated error has the same kind. */
  @Test
  void kindsOfVmErrors() {
    Optional<String> one = kind(0xe0000000L, "guarantee(%s) failed", "/b/share/memory/arena.cpp");

    assertEquals(one, kind(0xe0000000L, "guarantee(%s) failed", "share/memory/arena.cpp"));
    assertNotEquals(one, kind(0xe0000000L, "guarantee(%s) failed", "share/oops/method.cpp"));
    assertNotEquals(one, kind(0xe0000000L, "ShouldNotReachHere()", "share/memory/arena.cpp"));
    assertEquals(Optional.of("out of native memory"), kind(0xe0000001L, "Chunk::new", "arena.cpp"));
    assertEquals(
        Optional.of("out of native memory"), kind(0xe0000002L, "commit", "virtualspace.cpp"));
  }

  private static Optional<String> kind(long id, String detail, String file) {
    return decide(ARMED, vmError(id, detail, null, file), exit(6)).kind();
  }

  @Test
  void onOutOfMemoryError() {
    Event option = commandLine("java", "-XX:OnOutOfMemoryError=kill -TERM %p; gcore %p", "Main");
    Event stacks =
        stacks(
            inVm(105, "other", FILL, nativeFrame(JVM, "SafepointMechanism::process+0x1")),
            inVm(107, "worker", FILL, nativeFrame(JVM, "VMError::report_java_out_of_memory+0x1")));
    Verdict verdict =
        decide(ARMED, MAPS, option, sent(9, "sh\0-c\0kill -TERM 100", true), stacks, exit(9));

    assertVerdict(
        Category.KILLED,
        Confidence.CERTAIN,
        "-XX:OnOutOfMemoryError=\"kill -TERM %p; gcore %p\" sent SIGKILL: an OutOfMemoryError in"
            + " thread \"worker\" (107) at com.acme.Cache.fill",
        verdict);
    assertEquals(Optional.of("-XX:OnOutOfMemoryError"), verdict.kind());
    // a script that is the command's child
    assertVerdict(
        Category.KILLED,
        Confidence.LIKELY,
        "-XX:OnOutOfMemoryError=",
        decide(ARMED, MAPS, option, sent(9, "/opt/end.sh\0now", true), exit(9)));
    // from outside
    assertVerdict(
        Category.KILLED,
        Confidence.CERTAIN,
        "SIGKILL was sent by dash",
        decide(ARMED, MAPS, option, sent(9, "sh\0-c\0kill -TERM 100", false), exit(9)));
  }

  @Test
  void onError() {
    assertVerdict(
        Category.KILLED,
        Confidence.CERTAIN,
        "-XX:OnError=\"/opt/collect %p\" sent SIGKILL",
        decide(
            ARMED,
            commandLine("java", "-XX:OnError=/opt/collect %p", "Main"),
            sent(9, "sh\0-c\0/opt/collect 100", true),
            exit(9)));
  }
}
