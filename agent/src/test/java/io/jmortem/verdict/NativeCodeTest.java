// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import static io.jmortem.verdict.Fixtures.ARMED;
import static io.jmortem.verdict.Fixtures.CODEC;
import static io.jmortem.verdict.Fixtures.CXX;
import static io.jmortem.verdict.Fixtures.JVM;
import static io.jmortem.verdict.Fixtures.LIBC;
import static io.jmortem.verdict.Fixtures.MAPS;
import static io.jmortem.verdict.Fixtures.PID;
import static io.jmortem.verdict.Fixtures.PROGRAM;
import static io.jmortem.verdict.Fixtures.RENDER;
import static io.jmortem.verdict.Fixtures.abort;
import static io.jmortem.verdict.Fixtures.all;
import static io.jmortem.verdict.Fixtures.assertVerdict;
import static io.jmortem.verdict.Fixtures.crash;
import static io.jmortem.verdict.Fixtures.decide;
import static io.jmortem.verdict.Fixtures.exit;
import static io.jmortem.verdict.Fixtures.exitCalled;
import static io.jmortem.verdict.Fixtures.javaFrame;
import static io.jmortem.verdict.Fixtures.javaThread;
import static io.jmortem.verdict.Fixtures.kernelThreads;
import static io.jmortem.verdict.Fixtures.nativeFrame;
import static io.jmortem.verdict.Fixtures.otherThread;
import static io.jmortem.verdict.Fixtures.program;
import static io.jmortem.verdict.Fixtures.stacks;
import static io.jmortem.verdict.Fixtures.thread;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.EventBuilder;
import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hotspot.Frame;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hotspot.StackDump.Reason;
import io.jmortem.hserr.HsErrParser;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Deaths by native code: which code called exit() or abort(), in which thread, when and why. */
class NativeCodeTest {

  private static final Event.ThreadIds FIRST = thread(PID, "server");
  private static final Event.ThreadIds WORKER = thread(107, "worker");

  private static StackDump.ThreadDump finalizer() {
    return javaThread(102, "Finalizer", javaFrame(Frame.Kind.NATIVE, "java.lang.Object", "wait"));
  }

  private static Frame nativeMethod(String method) {
    return javaFrame(Frame.Kind.NATIVE, "com.acme.Codec", method);
  }

  // ---- exit() in the first thread

  @Test
  void exitByJniCodeInTheFirstThread() {
    Event stacks =
        stacks(javaThread(PID, "main", nativeFrame(LIBC + 1, "exit+0x0"), nativeMethod("decode")));

    assertVerdict(
        Category.EXIT,
        Confidence.CERTAIN,
        "native code in libcodec.so called exit(3) in thread \"main\" (100) at"
            + " com.acme.Codec.decode",
        decide(ARMED, MAPS, exitCalled(FIRST, 3, false, CODEC + 8), stacks, exit(3 << 8)));
    assertVerdict(
        Category.EXIT,
        Confidence.CERTAIN,
        "librender.so called _exit(1) in thread \"main\" (100) at com.acme.Codec.decode",
        decide(ARMED, MAPS, exitCalled(FIRST, 1, true, RENDER + 8), stacks, exit(1 << 8)));
  }

  /** As in err(3): libc calls exit(), and the library to blame calls libc. */
  @Test
  void exitByAFunctionOfTheCLibrary() {
    Event stacks =
        stacks(
            javaThread(
                PID,
                "main",
                nativeFrame(LIBC + 1, "exit+0x0"),
                nativeFrame(LIBC + 9, "err+0x9"),
                nativeFrame(RENDER + 9, "render+0x9"),
                nativeMethod("decode")));
    Verdict verdict =
        decide(ARMED, MAPS, exitCalled(FIRST, 3, false, LIBC + 9), stacks, exit(3 << 8));

    assertVerdict(
        Category.EXIT, Confidence.CERTAIN, "native code in librender.so called exit(3)", verdict);
    assertTrue(verdict.reasons().toString().contains("further up on the stack"));
  }

  /** os._exit() of an interpreter that embeds the JVM, outside Java code. */
  @Test
  void exitByTheProgramThatEmbedsTheJvm() {
    Verdict verdict =
        decide(
            ARMED,
            MAPS,
            program("/opt/server"),
            exitCalled(FIRST, 1, true, PROGRAM + 8),
            stacks(finalizer(), otherThread(PID, "server", nativeFrame(LIBC + 1, "_exit+0x0"))),
            exit(1 << 8));

    assertVerdict(Category.EXIT, Confidence.CERTAIN, "in server called _exit(1)", verdict);
    assertFalse(verdict.summary().contains("exception"), verdict.summary());
  }

  @Test
  void returnFromTheMainOfAProgramThatEmbedsTheJvm() {
    Event called = exitCalled(FIRST, 7, false, LIBC + 8);
    Event[] destroyed = kernelThreads("Signal Dispatch", "C2 CompilerThre");
    Event[] alive = kernelThreads("Signal Dispatch", "VM Thread");

    assertVerdict(
        Category.EXIT,
        Confidence.LIKELY,
        "main() of server returned 7, after the JVM had been destroyed",
        decide(all(destroyed, ARMED, MAPS, program("/opt/server"), called, exit(7 << 8))));
    Verdict verdict = decide(all(alive, ARMED, MAPS, program("/opt/server"), called, exit(7 << 8)));
    assertTrue(verdict.summary().endsWith("main() of server returned 7"), verdict.summary());
  }

  @Test
  void onlyTheJdksLauncherTellsOfAnException() {
    Event called = exitCalled(thread(PID, "java"), 1, false, LIBC + 8);

    assertTrue(
        decide(ARMED, MAPS, program("/jdk/bin/java"), called, exit(1 << 8))
            .summary()
            .contains("main ended with an exception"));
    assertFalse(
        decide(ARMED, MAPS, program("/usr/bin/jsvc"), called, exit(1 << 8))
            .summary()
            .contains("exception"));
  }

  // ---- the phase

  private static void assertPhase(String phase, String clause, Verdict verdict) {
    assertEquals(Optional.of(phase), verdict.phase(), verdict.summary());
    assertTrue(verdict.summary().endsWith(clause), verdict.summary());
  }

  @Test
  void whileExiting() {
    Event zero = exitCalled(FIRST, 0, false, LIBC + 8);
    Event five = exitCalled(thread(103, "VM Thread"), 5, false, JVM + 8);

    assertPhase(
        "exiting",
        ", while the process was exiting with status 0",
        decide(ARMED, MAPS, zero, crash(FIRST, CODEC), exit(6)));
    assertPhase(
        "exiting",
        ", while the process was exiting with status 5",
        decide(ARMED, MAPS, five, abort(thread(103, "VM Thread"), LIBC + 1, "oops"), exit(6)));
  }

  /** The call was not recorded, but it is on the stack. */
  @Test
  void whileExitingByTheStackAlone() {
    Event stacks =
        stacks(
            finalizer(),
            otherThread(
                PID,
                "server",
                nativeFrame(CODEC + 1, "~Codec+0x1"),
                nativeFrame(LIBC + 1, "exit+0x1a")));

    assertPhase(
        "exiting",
        ", while the process was exiting",
        decide(ARMED, MAPS, crash(FIRST, CODEC), stacks, exit(6)));
  }

  @Test
  void afterTheJvmWasDestroyed() {
    Event[] destroyed = kernelThreads("Signal Dispatch");

    assertPhase(
        "vm-destroyed",
        ", after the JVM had been destroyed",
        decide(all(destroyed, ARMED, MAPS, abort(FIRST, PROGRAM + 1, null), exit(6))));
    assertPhase(
        "vm-destroyed",
        ", after the JVM had been destroyed",
        decide(all(destroyed, ARMED, MAPS, crash(FIRST, PROGRAM + 1), exit(6))));
  }

  @Test
  void whileStarting() {
    Frame agent = javaFrame(Frame.Kind.COMPILED, "com.acme.Agent", "premain");
    Frame premain =
        javaFrame(
            Frame.Kind.INTERPRETED,
            "sun.instrument.InstrumentationImpl",
            "loadClassAndCallPremain");
    Frame launcher =
        javaFrame(Frame.Kind.INTERPRETED, "sun.launcher.LauncherHelper", "checkAndLoadMain");

    for (Frame oldest : new Frame[] {premain, launcher}) {
      assertPhase(
          "starting",
          ", while the JVM was starting",
          decide(
              ARMED,
              MAPS,
              crash(WORKER, CODEC),
              stacks(javaThread(101, "main", agent, oldest)),
              exit(6)));
    }
  }

  @Test
  void whileShuttingDownAndWhileRunning() {
    Frame shutdown = javaFrame(Frame.Kind.INTERPRETED, "java.lang.Shutdown", "runHooks");
    Frame main = javaFrame(Frame.Kind.INTERPRETED, "com.acme.Main", "main");

    assertPhase(
        "shutting-down",
        ", while the JVM was shutting down",
        decide(
            ARMED,
            MAPS,
            crash(WORKER, CODEC),
            stacks(javaThread(101, "DestroyJavaVM", shutdown)),
            exit(6)));
    assertEquals(
        Optional.of("running"),
        decide(ARMED, MAPS, crash(WORKER, CODEC), stacks(javaThread(101, "main", main)), exit(6))
            .phase());
    assertEquals(Optional.empty(), decide(ARMED, crash(WORKER, CODEC), exit(6)).phase());
  }

  // ---- native threads

  /** A thread inherits the name of its creator, until it sets its own. */
  @Test
  void nativeThreadsThatTheVmDoesNotKnow() {
    Event stacks =
        stacks(
            javaThread(101, "worker", nativeMethod("start")),
            javaThread(105, "a-very-long-thread-name-1", nativeMethod("start")),
            otherThread(
                107,
                "worker",
                nativeFrame(JVM + 1, "SymbolTable::do_lookup+0x1"),
                nativeFrame(JVM + 2, "jni_FindClass+0x20"),
                nativeFrame(CODEC + 1, "work+0x1")),
            otherThread(108, "a-very-long-thr", nativeFrame(CODEC + 1, "work+0x1")),
            otherThread(109, "codec-pool", nativeFrame(CODEC + 1, "work+0x1")),
            otherThread(110, "GC Thread#3", nativeFrame(JVM + 1, "mark+0x1")));

    assertVerdict(
        Category.VM_CRASH,
        Confidence.CERTAIN,
        "in a native thread (107, not attached to the VM), which called JNI FindClass from"
            + " libcodec.so",
        decide(ARMED, MAPS, crash(WORKER, JVM + 1), stacks, exit(6)));
    assertVerdict(
        Category.VM_CRASH,
        Confidence.CERTAIN,
        "in a native thread (108, not attached to the VM)",
        decide(ARMED, MAPS, crash(thread(108, "a-very-long-thr"), CODEC), stacks, exit(6)));
    assertVerdict(
        Category.VM_CRASH,
        Confidence.CERTAIN,
        "in native thread \"codec-pool\" (109, not attached to the VM)",
        decide(ARMED, MAPS, crash(thread(109, "codec-pool"), CODEC), stacks, exit(6)));
    assertVerdict(
        Category.VM_CRASH,
        Confidence.CERTAIN,
        "in thread \"GC Thread#3\" (110)",
        decide(ARMED, MAPS, crash(thread(110, "GC Thread#3"), JVM), stacks, exit(6)));
  }

  /** Without the complete list of the VM's threads, it is unknown which threads are attached. */
  @Test
  void nothingIsSaidOfAttachmentWithoutAWholeWalk() {
    String unknown = "in the thread with the kernel name \"worker\" (107)";
    StackDump part =
        new StackDump(
            17,
            List.of(
                javaThread(101, "main", nativeMethod("start")),
                otherThread(107, "worker", nativeFrame(CODEC + 1, "work+0x1"))),
            List.of(),
            0,
            null,
            null,
            List.of(StackDump.UNREAD_THREAD + "no such type"));

    for (Event stacks :
        List.of(
            stacks(),
            stacks(javaThread(101, "main", nativeMethod("start"))),
            stacks(otherThread(107, "worker")),
            new Event.Stacks("e8", 8, "fault", part))) {
      String summary = decide(ARMED, MAPS, crash(WORKER, CODEC), stacks, exit(6)).summary();
      assertTrue(summary.contains(unknown), summary);
    }
  }

  /** hs_err shows whether the thread is attached to the VM. */
  @Test
  void logTellsOfAttachment() {
    String head = "#\n#  SIGSEGV (0xb) at pc=0x00007fe5089aafe4, pid=100, tid=";
    assertLogged(
        "in a native thread (107, not attached",
        head + "107\n#\nCurrent thread is native thread\n");
    assertLogged(
        "in a native thread (107, not attached",
        head + "140246219839232\n#\nCurrent thread is native thread\n");
    assertLogged(
        "with the kernel name \"worker\" (107)",
        head + "108\n#\nCurrent thread is native thread\n");
    assertLogged(
        "in thread \"worker of long name\" (107)",
        head
            + "107\n#\nCurrent thread (0x00007fe5089aafe4):  JavaThread \"worker of long name\" daemon"
            + " [_thread_in_native, id=107, stack(0x1,0x2)]\n");
    assertLogged("with the kernel name \"worker\" (107)", head + "107\n#\n");
  }

  private static void assertLogged(String words, String log) {
    Evidence evidence =
        new Evidence(List.of(ARMED, MAPS, crash(WORKER, CODEC), exit(6)), List.of());
    String summary = VerdictEngine.decide(evidence, Optional.of(HsErrParser.parse(log))).summary();

    assertTrue(summary.contains(words), summary);
  }

  // ---- abort()

  private static Event aborted(Reason reason, Frame... frames) {
    return stacks(reason, finalizer(), javaThread(107, "worker", frames));
  }

  @Test
  void jniFatalError() {
    Event stacks =
        aborted(
            new Reason(Reason.JNI_FATAL_ERROR, null, "out of tokens"),
            nativeFrame(LIBC + 1, "abort+0x0"),
            nativeFrame(JVM + 1, "jni_FatalError+0xbc"),
            nativeFrame(CODEC + 1, "check+0x1"),
            nativeMethod("open"));
    Event attached =
        aborted(
            new Reason(Reason.JNI_FATAL_ERROR, null, null),
            nativeFrame(LIBC + 1, "abort+0x0"),
            nativeFrame(JVM + 1, "jni_FatalError+0xbc"),
            nativeFrame(RENDER + 1, "check+0x1"));

    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.CERTAIN,
        "JNI FatalError in com.acme.Codec.open: out of tokens",
        decide(ARMED, MAPS, abort(WORKER, JVM + 1, null), stacks, exit(6)));
    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.CERTAIN,
        "JNI FatalError in librender.so",
        decide(ARMED, MAPS, abort(WORKER, JVM + 1, null), attached, exit(6)));
  }

  @Test
  void errorThatXcheckJniFinds() {
    Event stacks =
        aborted(
            new Reason(Reason.JNI_CHECK, null, "Wrong field ID passed to JNI"),
            nativeFrame(LIBC + 1, "abort+0x0"),
            nativeFrame(JVM + 1, "os::abort+0x4"),
            nativeFrame(JVM + 2, "checked_jni_GetIntField+0x81"),
            nativeFrame(CODEC + 1, "check+0x1"),
            nativeMethod("open"));
    Verdict verdict = decide(ARMED, MAPS, abort(WORKER, JVM + 1, null), stacks, exit(6));

    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.CERTAIN,
        "-Xcheck:jni found an error in com.acme.Codec.open: Wrong field ID passed to JNI, in JNI"
            + " GetIntField",
        verdict);
    assertTrue(verdict.hint().contains("stdout"), verdict.hint());
  }

  @Test
  void exceptionThatNobodyCaught() {
    Frame[] frames = {
      nativeFrame(LIBC + 1, "abort+0x0"),
      nativeFrame(CXX + 1, "std::terminate+0x1"),
      nativeFrame(CODEC + 1, "work+0x1")
    };
    Event own =
        stacks(
            new Reason(Reason.CXX_EXCEPTION, "N4acme11StreamErrorE", "bad stream."),
            finalizer(),
            otherThread(107, "worker", frames));
    Event none =
        stacks(
            new Reason(Reason.CXX_TERMINATE, null, null),
            finalizer(),
            otherThread(107, "worker", frames));

    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.CERTAIN,
        "an uncaught C++ exception, acme::StreamError: bad stream, in libcodec.so, native"
            + " thread \"worker\" (107, not attached to the VM)",
        decide(ARMED, MAPS, abort(WORKER, CXX + 1, null), own, exit(6)));
    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.CERTAIN,
        "std::terminate ended the process, in libcodec.so",
        decide(ARMED, MAPS, abort(WORKER, CXX + 1, null), none, exit(6)));
  }

  /** Without BPF: the walk found abort() on a stack, and marks the thread. */
  @Test
  void abortThatNobodySaw() {
    StackDump.ThreadDump plain =
        crashed(
            javaThread(
                107,
                "worker",
                nativeFrame(LIBC + 1, "abort+0xd3"),
                nativeFrame(RENDER + 1, "draw+0x1"),
                nativeMethod("draw")));
    StackDump.ThreadDump fatal =
        crashed(
            javaThread(
                107,
                "worker",
                nativeFrame(LIBC + 1, "abort+0xd3"),
                nativeFrame(JVM + 1, "jni_FatalError+0xbc"),
                nativeFrame(CODEC + 1, "open+0x1"),
                nativeMethod("open")));
    Event unseen =
        EventBuilder.event("armed", "e1", 1)
            .with("helper", "v")
            .with("level", "memory")
            .with("pid", PID)
            .build();

    Verdict verdict = decide(unseen, MAPS, stacks(finalizer(), plain), exit(6));
    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.LIKELY,
        "native code in librender.so called abort() in thread \"worker\" (107) at"
            + " com.acme.Codec.draw",
        verdict);
    assertEquals(Optional.of(107), verdict.threadId());
    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.LIKELY,
        "JNI FatalError in com.acme.Codec.open",
        decide(
            unseen,
            MAPS,
            stacks(new Reason(Reason.JNI_FATAL_ERROR, null, null), finalizer(), fatal),
            exit(6)));
    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.POSSIBLE,
        "native code called abort(), or the signal was sent",
        decide(unseen, MAPS, stacks(finalizer()), exit(6)));
  }

  private static Event walkOfDeath(StackDump.Search search, StackDump.ThreadDump... threads) {
    return new Event.Stacks(
        "e8",
        8,
        "exit",
        new StackDump(17, List.of(threads), List.of(), 0, null, search, List.of()));
  }

  /** Without BPF: decided from what the walk found on the stacks. */
  @Test
  void deathsThatNobodySaw() {
    Event unseen =
        EventBuilder.event("armed", "e1", 1)
            .with("helper", "v")
            .with("level", "memory")
            .with("pid", PID)
            .build();
    StackDump.Search abort = new StackDump.Search(StackDump.Search.ABORT, true);
    StackDump.Search overflow = new StackDump.Search(StackDump.Search.OVERFLOW, true);
    StackDump.ThreadDump draw =
        crashed(
            javaThread(107, "worker", nativeFrame(RENDER + 1, "draw+0x1"), nativeMethod("draw")));

    assertVerdict(
        Category.VM_CRASH,
        Confidence.POSSIBLE,
        "HotSpot itself called abort() in thread \"worker\" (107) at com.acme.Codec.draw",
        decide(
            unseen,
            MAPS,
            walkOfDeath(
                abort,
                crashed(
                    javaThread(
                        107,
                        "worker",
                        nativeFrame(LIBC + 1, "abort+0xd3"),
                        nativeFrame(JVM + 1, null),
                        nativeFrame(RENDER + 1, "draw+0x1"),
                        nativeMethod("draw")))),
            exit(6)));
    assertVerdict(
        Category.FATAL_SIGNAL,
        Confidence.LIKELY,
        "no thread is in abort(): the signal was sent or raised",
        decide(unseen, MAPS, walkOfDeath(abort, finalizer()), exit(6)));
    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.POSSIBLE,
        "native code called abort(), or the signal was sent",
        decide(
            unseen,
            MAPS,
            walkOfDeath(new StackDump.Search(StackDump.Search.ABORT, false), finalizer()),
            exit(6)));
    assertVerdict(
        Category.FATAL_SIGNAL,
        Confidence.LIKELY,
        "a native stack overflow in librender.so, in thread \"worker\" (107)",
        decide(unseen, MAPS, walkOfDeath(overflow, draw), exit(11)));
    assertVerdict(
        Category.FATAL_SIGNAL,
        Confidence.LIKELY,
        "it is unknown whether it was a fault or was sent",
        decide(unseen, MAPS, walkOfDeath(overflow, finalizer()), exit(11)));
  }

  private static StackDump.ThreadDump crashed(StackDump.ThreadDump thread) {
    return thread.toBuilder().crashed(true).build();
  }

  @Test
  void libraryOfAnAbortByTheReturnAddresses() {
    Event stacks =
        stacks(
            finalizer(),
            otherThread(
                107,
                "worker",
                nativeFrame(LIBC + 1, "abort+0x0"),
                nativeFrame(LIBC + 2, "__assert_fail+0x42"),
                nativeFrame(RENDER + 1, "draw+0x1")));

    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.CERTAIN,
        "native code in librender.so called abort()",
        decide(ARMED, MAPS, abort(WORKER, LIBC + 2, "x: Assertion `y' failed."), stacks, exit(6)));
    assertVerdict(
        Category.NATIVE_ABORT,
        Confidence.CERTAIN,
        "native code in libcodec.so called abort()",
        decide(ARMED, MAPS, abort(WORKER, CODEC + 2, null), exit(6)));
  }

  /** HotSpot had an error, or JNI asked it to abort; the evidence does not show which. */
  @Test
  void abortByHotSpotForAReasonUnknown() {
    Event byHotSpot = abort(WORKER, JVM + 8, null);
    Event noLog = new Event.Problem("f2", 9, Event.Parts.HS_ERR, "printed on stdout", null);

    assertVerdict(
        Category.VM_CRASH,
        Confidence.POSSIBLE,
        "HotSpot itself called abort() in the thread with the kernel name \"worker\" (107)",
        decide(ARMED, MAPS, byHotSpot, exit(6)));
    assertVerdict(
        Category.VM_CRASH,
        Confidence.POSSIBLE,
        "HotSpot itself called abort() in the thread with the kernel name \"worker\" (107)",
        decide(ARMED, MAPS, byHotSpot, noLog, exit(6)));
    assertVerdict(
        Category.VM_CRASH,
        Confidence.POSSIBLE,
        "HotSpot itself called abort() in thread \"worker\" (107) at com.acme.Codec.decode",
        decide(
            ARMED,
            MAPS,
            byHotSpot,
            stacks(javaThread(107, "worker", nativeFrame(JVM + 1, "f"), nativeMethod("decode"))),
            exit(6)));
  }
}
