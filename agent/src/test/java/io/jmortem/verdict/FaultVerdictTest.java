// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import static io.jmortem.verdict.Fixtures.ARMED;
import static io.jmortem.verdict.Fixtures.CODEC;
import static io.jmortem.verdict.Fixtures.JVM;
import static io.jmortem.verdict.Fixtures.PID;
import static io.jmortem.verdict.Fixtures.RENDER;
import static io.jmortem.verdict.Fixtures.assertVerdict;
import static io.jmortem.verdict.Fixtures.decide;
import static io.jmortem.verdict.Fixtures.exit;
import static io.jmortem.verdict.Fixtures.javaFrame;
import static io.jmortem.verdict.Fixtures.javaThread;
import static io.jmortem.verdict.Fixtures.nativeFrame;
import static io.jmortem.verdict.Fixtures.stacks;
import static io.jmortem.verdict.Fixtures.thread;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.EventBuilder;
import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hotspot.Frame;
import io.jmortem.hserr.HsErrParser;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults: which handler received them, and which file is mapped there. */
class FaultVerdictTest {

  private static final Event.ThreadIds WORKER = thread(107, "worker");
  private static final Event MAPS =
      new Event.ProcFile(
          "e2",
          2,
          "maps",
          """
          2000-3000 r-xp 00000000 08:01 2 /jdk/lib/server/libjvm.so
          3000-4000 r-xp 00000000 08:01 3 /opt/libprofiler.so
          5000-6000 rwxp 00000000 00:00 0
          6000-7000 r-xp 00000000 08:01 6 /usr/bin/python3.11
          10000-20000 rw-s 00001000 08:01 7 /data/index.bin
          """,
          false);
  private static final String IN_JAVA = "0x5100";

  private static Event.Fault fault(
      int signo, int code, String address, long handler, boolean raisedAgain, String rip) {
    return EventBuilder.fault()
        .with("si_signo", signo)
        .with("si_code", code)
        .with("si_addr", address)
        .with("trap_nr", 14)
        .with("error_code", 4)
        .with("handler", "0x" + Long.toHexString(handler))
        .with("raised_again", raisedAgain)
        .with("timeUnixNano", 5)
        .with("registers", Map.of("rip", rip))
        .buildFault();
  }

  private static Event declared(Event.Fault fault) {
    return EventBuilder.event("fatal_error", "e5", 6)
        .with("thread", WORKER)
        .with("marker", "uprobe")
        .with("first", true)
        .with("freeze", "ptrace")
        .with("error_id", fault.signo())
        .with("fault", fault)
        .build();
  }

  private static Event toNoHandler(int code, Event.Fault fault) {
    return EventBuilder.event("fatal_signal", "e6", 6)
        .with("thread", WORKER)
        .with("si_signo", 11)
        .with("si_code", code)
        .with("si_addr", "0x0")
        .with("registers", Map.of())
        .with("fault", fault)
        .build();
  }

  // ---- handlers that are not HotSpot's

  @Test
  void nullCheckThatAForeignHandlerRaisesAgain() {
    Event stacks =
        stacks(javaThread(107, "worker", javaFrame(Frame.Kind.COMPILED, "com.acme.Shop", "price")));
    Verdict verdict =
        decide(
            ARMED,
            MAPS,
            toNoHandler(-6, fault(11, 1, "0x10", CODEC, true, IN_JAVA)),
            stacks,
            exit(11));

    assertVerdict(
        Category.FATAL_SIGNAL,
        Confidence.CERTAIN,
        "SIGSEGV (SEGV_MAPERR, read) at 0x10 in thread \"worker\" (107) at com.acme.Shop.price,"
            + " which the signal handler of libprofiler.so received instead of HotSpot's and raised again",
        verdict);
    assertTrue(verdict.hint().contains("NullPointerException"), verdict.hint());
    assertTrue(
        decide(ARMED, MAPS, toNoHandler(1, fault(11, 1, "0x10", RENDER, false, IN_JAVA)), exit(11))
            .summary()
            .contains("python3.11 received instead of HotSpot's and did not handle"));
  }

  @Test
  void faultThatHotSpotGetsAtSecondHand() {
    Verdict verdict =
        decide(ARMED, MAPS, declared(fault(11, 1, "0x8", RENDER, true, IN_JAVA)), exit(6));

    assertVerdict(
        Category.VM_CRASH, Confidence.CERTAIN, "the signal handler of python3.11", verdict);
    assertEquals(Optional.of("taken by python3.11"), verdict.kind());
    // not a null check, and not in Java code
    Verdict wild =
        decide(ARMED, MAPS, declared(fault(11, 1, "0x800000", CODEC, true, "0x3100")), exit(6));
    assertFalse(wild.hint().contains("NullPointerException"), wild.hint());
  }

  /** HotSpot's own handler could not be called: its stack was full. */
  @Test
  void hotSpotsHandlerIsNotForeign() {
    Verdict verdict =
        decide(ARMED, MAPS, toNoHandler(128, fault(11, 2, "0x10", JVM, false, IN_JAVA)), exit(11));

    assertTrue(verdict.hint().contains("native stack"), verdict.hint());
    assertTrue(
        verdict.summary().startsWith("SIGSEGV ended the process by its default"),
        verdict.summary());
    assertEquals(1, verdict.summary().split("SEGV_|SI_KERNEL", -1).length - 1, verdict.summary());
  }

  // ---- mapped files

  private static Event mapped(long offset, long size, long free, String type) {
    return new Event.MappedFile("f1", 7, "/data/index.bin", offset, size, free, type);
  }

  @Test
  void filesBehindASigbus() {
    Event fault = declared(fault(7, 2, "0x15000", JVM, false, "0x3100"));

    Verdict full = decide(ARMED, MAPS, fault, mapped(0x6000, 1 << 20, 0, "tmpfs"), exit(6));
    assertVerdict(
        Category.VM_CRASH,
        Confidence.CERTAIN,
        "in the mapping of /data/index.bin, whose file system (tmpfs) is full",
        full);
    Verdict cut = decide(ARMED, MAPS, fault, mapped(0x6000, 4097, 1 << 30, "ext4"), exit(6));
    assertTrue(cut.summary().contains("4097 bytes, and the access was at"), cut.summary());
    assertTrue(cut.hint().contains("truncated"), cut.hint());
    Verdict none = decide(ARMED, MAPS, fault, exit(6));
    assertTrue(none.summary().contains("in the mapping of /data/index.bin"), none.summary());
    assertFalse(none.summary().contains("full"), none.summary());
    // there is free space, and the file is long enough, at least now
    Verdict other = decide(ARMED, MAPS, fault, mapped(0x6000, 1 << 20, 1 << 30, "nfs4"), exit(6));
    assertFalse(other.summary().contains("shorter"), other.summary());
    Verdict hardware =
        decide(ARMED, MAPS, declared(fault(7, 4, "0x15000", JVM, false, "0x3100")), exit(6));
    assertTrue(hardware.summary().contains("the hardware"), hardware.summary());
  }

  @Test
  void fileBehindTheSigbusOfALog() {
    Verdict verdict =
        VerdictEngine.decide(
            new Evidence(
                List.of(ARMED, MAPS, mapped(0x6000, 10, 1 << 30, "xfs"), exit(6)), List.of()),
            Optional.of(
                HsErrParser.parse(
                    """
                    #  SIGBUS (0x7) at pc=0x1, pid=100, tid=107

                    siginfo: si_signo: 7 (SIGBUS), si_code: 2 (BUS_ADRERR), si_addr: 0x0000000000015000
                    """)));

    assertTrue(verdict.summary().contains("/data/index.bin, which is shorter"), verdict.summary());
  }

  // ---- the sender, known only from hs_err

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "si_code: 0 (SI_USER), si_pid: 4711, si_uid: 1000; process 4711 (uid 1000)",
        "si_code: 0 (SI_USER), sent from pid: 12 (uid: 0); process 12 (uid 0)",
        "si_code: -6 (SI_TKILL), si_pid: 4711, si_uid: 1000; process 4711 (uid 1000)",
        "si_code: -1 (SI_QUEUE), si_pid: 0, si_uid: 7; a process outside its pid namespace (uid 7)",
        "si_code=0 (SI_USER), si_pid=12, si_uid=0; process 12 (uid 0)",
        "si_code: 0 (SI_USER); an unknown process"
      })
  void senderInTheLog(String siginfo, String sender) {
    assertVerdict(
        Category.KILLED, Confidence.LIKELY, "was sent by " + sender, decideByLog(siginfo));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "si_code: 0 (SI_USER), si_pid: 100 (current process), si_uid: 7",
        "si_code: -6 (SI_TKILL), si_pid: 100, si_uid: 7"
      })
  void raisedByItself(String siginfo) {
    assertVerdict(
        Category.FATAL_SIGNAL,
        Confidence.LIKELY,
        "SIGSEGV was raised by the process itself",
        decideByLog(siginfo));
  }

  private static Verdict decideByLog(String siginfo) {
    Event status = new Event.ProcFile("e3", 3, "status", "NStgid:\t100\n", false);
    return VerdictEngine.decide(
        new Evidence(List.of(ARMED, status, exit(6)), List.of()),
        Optional.of(
            HsErrParser.parse(
                "#  SIGSEGV (0xb) at pc=0x1, pid=100, tid=107\n\nsiginfo: si_signo: 11"
                    + " (SIGSEGV), "
                    + siginfo
                    + "\n")));
  }

  /** The formats of JDK 8, 11 and 17 to 26. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "si_code: -6 (SI_TKILL), si_addr: 0x0000000000000064",
        "si_code: -6 (SI_TKILL), si_pid: 100 (current process), si_uid: 0",
        "si_code: 0 (SI_USER), sent from pid: 100 (uid: 7)",
        "si_code: 0 (SI_USER), si_pid: 100, si_uid: 7"
      })
  void raisedByTheProcessItself(String siginfo) {
    String handlers =
        """

        Signal Handlers:
        SIGSEGV: [libjvm.so+0xc188b0], sa_mask[0]=11111111011111111101111111111110, sa_flags=SA_RESTART
        SIGFPE: [/opt/libfault.so+0x1129], sa_mask[0]=00000000000000000000000000000000, sa_flags=SA_ONSTACK
           SIGXFSZ: f(int, char*) in libother.so, mask=11100100110111111111111111111110, flags=SA_RESTART
          *** Handler was modified!
          *** Expected: javaSignalHandler in libjvm.so, mask=11100100110111111111111111111110, flags=SA_RESTART
        """;
    String modified = " (of libfault.so or libother.so), after a fault in Java code";
    String again = "SIGSEGV was raised again by a signal handler other than HotSpot's";

    Verdict inJava = logged(siginfo, "_thread_in_Java", "");
    assertVerdict(
        Category.FATAL_SIGNAL, Confidence.LIKELY, again + ", after a fault in Java code", inJava);
    assertTrue(inJava.hint().contains("libjsig"), inJava.hint());
    assertVerdict(
        Category.FATAL_SIGNAL,
        Confidence.LIKELY,
        again + modified,
        logged(siginfo, "_thread_in_Java", handlers));
    Verdict inNative = logged(siginfo, "_thread_in_native", handlers);
    assertVerdict(
        Category.FATAL_SIGNAL,
        Confidence.LIKELY,
        "SIGSEGV was raised by the process itself in thread \"main\" (107)",
        inNative);
    assertTrue(inNative.hint().contains("of libfault.so, libother.so that received a fault"));
  }

  private static Verdict logged(String siginfo, String state, String rest) {
    Event status = new Event.ProcFile("e3", 3, "status", "NStgid:\t100\n", false);
    return VerdictEngine.decide(
        new Evidence(List.of(ARMED, status, exit(6)), List.of()),
        Optional.of(
            HsErrParser.parse(
                "#  SIGSEGV (0xb) at pc=0x1, pid=100, tid=107\n\nCurrent thread (0x1):  JavaThread"
                    + " \"main\" ["
                    + state
                    + ", id=107, stack(0x1,0x2)]\n\nsiginfo: si_signo: 11 (SIGSEGV), "
                    + siginfo
                    + "\n"
                    + rest)));
  }

  // ---- a mapped file, known only from hs_err

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "/jdk/lib/server/classes.jsa; recreate the CDS archive",
        "/app/lib/shop.jar; deploy under a new name",
        "/tmp/hsperfdata_app/7; -XX:-UsePerfData",
        "/jdk/lib/modules; never replace a JDK in place",
        "/app/native/libz.so.1; cp overwrites a library",
        "/data/index.bin; check dmesg"
      })
  void mappedFileInTheLog(String path, String advice) {
    Verdict verdict =
        busError("\nDynamic libraries:\n15000-16000 r--s 00005000 08:01 9      " + path + "\n");

    assertTrue(verdict.summary().contains(", in the mapping of " + path), verdict.summary());
    assertTrue(verdict.hint().contains(advice), verdict.hint());
  }

  /** JDK 8 prints an empty line, later JDKs may do so. */
  @ParameterizedTest
  @CsvSource({"'\n'", "''"})
  void causeInTheLog(String line) {
    Verdict verdict =
        busError(
            line
                + "Error accessing class data sharing archive. Mapped file inaccessible during"
                + " execution, possible disk/network problem.\n");

    assertTrue(verdict.summary().contains(", in the CDS archive"), verdict.summary());
    assertTrue(verdict.hint().contains("-Xshare:off"), verdict.hint());
    assertTrue(
        busError("Error accessing a zip of its own.\n")
            .summary()
            .contains(": Error accessing a zip of its own, according"));
    assertTrue(busError("").summary().endsWith("according to hs_err"));
  }

  private static Verdict busError(String rest) {
    return VerdictEngine.decide(
        new Evidence(List.of(ARMED, exit(6)), List.of()),
        Optional.of(
            HsErrParser.parse(
                "#  SIGBUS (0x7) at pc=0x1, pid=100, tid=107\n\nsiginfo: si_signo: 7 (SIGBUS),"
                    + " si_code: 2 (BUS_ADRERR), si_addr: 0x0000000000015010\n"
                    + rest)));
  }

  // ---- Java code that accesses memory by address

  @Test
  void adviceForWildWrites() {
    Frame put = javaFrame(Frame.Kind.NATIVE, "jdk.internal.misc.Unsafe", "putLong");
    Frame scoped = javaFrame(Frame.Kind.COMPILED, "jdk.internal.misc.ScopedMemoryAccess", "putInt");
    Frame segment =
        javaFrame(Frame.Kind.COMPILED, "jdk.internal.foreign.AbstractMemorySegmentImpl", "set");
    Frame own = javaFrame(Frame.Kind.COMPILED, "com.acme.Ring", "publish");
    Event crash = declared(fault(11, 1, "0x8", JVM, false, "0x2100"));

    assertEquals(
        "com.acme.Ring.publish passed a wrong address to Unsafe: look for memory that was freed or"
            + " unmapped, or for an offset beyond its end",
        decide(ARMED, MAPS, crash, unsafe(put, own), exit(6)).hint());
    assertTrue(
        decide(ARMED, MAPS, crash, unsafe(scoped, segment, own), exit(6))
            .hint()
            .startsWith("com.acme.Ring.publish accessed a memory segment"));
    assertEquals(null, decide(ARMED, MAPS, crash, unsafe(own), exit(6)).hint());
  }

  private static Event unsafe(Frame... java) {
    Frame[] all = new Frame[java.length + 1];
    all[0] = nativeFrame(JVM, "Unsafe_PutLong+0x1");
    System.arraycopy(java, 0, all, 1, java.length);
    return stacks(javaThread(107, "worker", all));
  }

  // ---- an exception that leaves an upcall

  @Test
  void exceptionThatLeavesAnUpcall() {
    Frame halt = javaFrame(Frame.Kind.NATIVE, "java.lang.Shutdown", "halt0");
    Frame exit = javaFrame(Frame.Kind.INTERPRETED, "java.lang.System", "exit");
    Frame handler =
        javaFrame(
            Frame.Kind.INTERPRETED,
            "jdk.internal.foreign.abi.SharedUtils",
            "handleUncaughtException");
    Frame own = javaFrame(Frame.Kind.INTERPRETED, "com.acme.Sorter", "sort");
    Event called =
        new Event.ExitCalled("e4", 4, thread(103, "VM Thread"), 1, false, "0x2001", Map.of());

    Verdict verdict =
        decide(
            ARMED,
            MAPS,
            called,
            stacks(javaThread(107, "worker", halt, exit, handler, own)),
            exit(1 << 8));
    assertVerdict(
        Category.EXIT,
        Confidence.CERTAIN,
        "an exception left an upcall of java.lang.foreign in thread \"worker\" (107), called by"
            + " com.acme.Sorter.sort",
        verdict);
    assertEquals(Optional.of(107), verdict.exitedBy());
    // a thread that native code created has no Java frames below
    assertTrue(
        decide(ARMED, MAPS, called, stacks(javaThread(107, "t", halt, exit, handler)), exit(1 << 8))
            .summary()
            .contains("left an upcall"));
    assertTrue(
        decide(ARMED, MAPS, called, stacks(javaThread(107, "t", halt, exit, own)), exit(1 << 8))
            .summary()
            .contains("System.exit(1) was called"));
  }

  // ---- the parent

  @Test
  void killedByItsParent() {
    Event status = new Event.ProcFile("e3", 3, "status", "PPid:\t42\nNStgid:\t100\n", false);

    Verdict verdict = decide(ARMED, status, killedBy(42, "java"), exit(9));
    assertTrue(
        verdict.summary().startsWith("SIGKILL was sent by its parent java (pid 42"),
        verdict.summary());
    assertTrue(verdict.hint().contains("destroyForcibly"), verdict.hint());
    assertTrue(
        decide(ARMED, status, killedBy(42, "node"), exit(9))
            .summary()
            .contains("by its parent node"));
    assertFalse(decide(ARMED, status, killedBy(43, "java"), exit(9)).summary().contains("parent"));
  }

  private static Event killedBy(int pid, String executable) {
    return EventBuilder.event("signal_sent", "e3", 3)
        .with("thread", new Event.ThreadIds(pid, pid, pid, pid, pid, pid, executable))
        .with("si_signo", 9)
        .with("target_vtid", PID)
        .with("pid_ns", 1)
        .with("cgroup_id", "1")
        .with("cgroup", "/")
        .with("syscall", 62)
        .with("executable", executable)
        .with("command_line", executable)
        .with("ancestry", List.of())
        .build();
  }
}
