// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What logs look like that are rare: other processors, other errors, failures in the making. */
class HsErrShapesTest {

  private static final String TITLE =
      "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n";

  private static final String NO_MEMORY =
      "#\n# There is insufficient memory for the Java Runtime Environment to continue.\n";

  private static HsErrLog parse(String... lines) {
    return HsErrParser.parse(String.join("\n", lines) + "\n");
  }

  // ---- the head

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          SIGSEGV (0xb) at pc=0x00007fe5089aafe4, pid=1, tid=6              | 11 | 1 | 6
          SIGBUS (0x7) at pc=0xf6e5a7c5, pid=4711, tid=4712                 | 7 | 4711 | 4712
          SIGSEGV (0xb) at pc=0x00007fab6856d737, pid=3938, tid=0x00007fab6bbd16c0 | 11 | 3938 | -1
          SIGSEGV (0xb) at pc=0x00007fab6856d737, pid=3938, tid=140374847481600    | 11 | 3938 | -1
          SIGSEGV (0xb) at pc=0x1 (sent by kill), pid=7, tid=8              | 11 | 7 | 8
          SIGRTMIN+3 (0x25) at pc=0x1, pid=7, tid=8                         | 37 | 7 | 8
          Internal Error (debug.cpp:271), pid=9968, tid=9979                | 0 | 9968 | 9979
          Internal Error (0xe0000000), pid=9968, tid=9979                   | 0 | 9968 | 9979
          INVALID (0xe0000000) at pc=0x00007fdb1c4d1425, pid=7, tid=8       | 0 | 7 | 8
          EXCEPTION_ACCESS_VIOLATION (0xc0000005) at pc=0x00007ff, pid=7, tid=8 | 0 | 7 | 8
          Out of Memory Error (os_linux.cpp:2798), pid=7, tid=8             | 0 | 7 | 8
          """)
  void headlines(String headline, int signo, long pid, long tid) {
    HsErrLog log = parse(TITLE + "#  " + headline, "#", "# JRE version: x");

    assertEquals(headline, log.headline());
    assertEquals(signo, log.signo());
    assertEquals(pid, log.pid());
    assertEquals(tid, log.tid());
    assertEquals(tid < 0 ? null : (Integer) (int) tid, log.failedThread());
  }

  @Test
  void messageWithoutHeadline() {
    HsErrLog log = parse(TITLE + "#  fatal error: OutOfMemory encountered: Java heap space", "#");

    assertEquals("fatal error: OutOfMemory encountered: Java heap space", log.headline());
    assertFalse(log.isOutOfMemory());
    assertNull(parse("# fatal error: of nobody's").headline());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Native memory allocation (mmap) failed to map 4096 bytes. Error detail: committing.",
        "Native memory allocation (malloc) failed to allocate 16 bytes for AllocateHeap",
        "Native memory allocation (mmap) failed",
        "Cannot create worker GC thread. Out of system resources.",
        "Out of swap space to map in thread stack.",
      })
  void nativeMemoryThatRanOut(String message) {
    HsErrLog whole =
        parse(
            NO_MEMORY + "# " + message,
            "# Possible reasons:",
            "#   The system is out of physical RAM or swap space",
            "#",
            "#  Out of Memory Error (os_linux.cpp:2798), pid=7, tid=8");
    HsErrLog cut = HsErrParser.parse(NO_MEMORY + "# " + message);

    assertEquals(message, whole.message());
    assertEquals("Out of Memory Error (os_linux.cpp:2798), pid=7, tid=8", whole.headline());
    assertTrue(whole.isOutOfMemory());
    assertEquals(message + "...", cut.headline()); // as far as it goes
    assertTrue(cut.isOutOfMemory());
    assertEquals(0, cut.signo());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "# Core dump will be written. Default location: /cores/core.7",
        "#\n# Core dump will be written. Default location: /cores/core.7",
        "# No core dump will be written.",
        "[error occurred during error reporting (printing problematic frame), id 0xb]\n"
            + "# C  [libc.so.6+0x1]",
        "#",
        "",
      })
  void aProblematicFrameThatCouldNotBePrinted(String next) {
    assertNull(
        parse(TITLE + "#  SIGSEGV (0xb) at pc=0x1", "# Problematic frame:", next)
            .problematicFrame());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "C  [libvictim.so+0x1737]  poke(int)+0x3",
        "J 12 c2 a.B.c()V (10 bytes) @ 0x1 [0x1+0x2]",
        "j  a.B.c()V+1",
        "v  ~StubRoutines::jbyte_disjoint_arraycopy 0x1",
        "v  blob 0x00007f12",
        "V  [libjvm.so+0x1]",
        "C  0x0000000000000000"
      })
  void problematicFrames(String frame) {
    assertEquals(
        frame,
        parse("#  SIGSEGV (0xb) at pc=0x1", "# Problematic frame:", "# " + frame)
            .problematicFrame());
  }

  /** The making of a log may fail, and begin a second one in it. */
  @Test
  void theFirstHeadCounts() {
    HsErrLog log =
        parse(
            TITLE + "#  SIGSEGV (0xb) at pc=0x1, pid=7, tid=8",
            "# JRE version: first",
            "# Problematic frame:",
            "# C  [first.so+0x1]",
            "Current thread (0x00007f01):  JavaThread \"first\" [_thread_in_native, id=8, stack(0x1,0x2)]",
            "siginfo: si_signo: 11 (SIGSEGV), si_code: 1 (SEGV_MAPERR), si_addr: 0x0000000000000010",
            "#  SIGILL (0x4) at pc=0x2, pid=9, tid=10",
            "# JRE version: second",
            "# Problematic frame:",
            "# C  [second.so+0x1]",
            "Current thread (0x00007f02):  JavaThread \"second\" [_thread_in_native, id=10, stack(0x1,0x2)]",
            "siginfo: si_signo: 4 (SIGILL), si_code: 2 (ILL_ILLOPN), si_addr: 0x0000000000000020");

    assertEquals(11, log.signo());
    assertEquals(7, log.pid());
    assertEquals("first", log.jreVersion());
    assertEquals("C  [first.so+0x1]", log.problematicFrame());
    assertEquals("first", log.currentThread().name());
    assertEquals(1, log.signalCode());
    assertEquals("0x10", log.faultAddress());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          si_signo: 11 (SIGSEGV), si_code: 1 (SEGV_MAPERR), si_addr: 0x0000000000000000 | 1 | 0x0
          si_signo=SIGSEGV: si_errno=0, si_code=2 (SEGV_ACCERR), si_addr=0xf6e5a7c5     | 2 | 0xf6e5a7c5
          si_signo: 11 (SIGSEGV), si_code: 0 (SI_USER), si_pid: 17, si_uid: 0           | 0 | -
          si_signo: 6 (SIGABRT), si_code: -6 (SI_TKILL)                                 | -6 | -
          nonsense                                                                      | - | -
          """)
  void signals(String siginfo, Integer code, String address) {
    HsErrLog log = parse("siginfo: " + siginfo.strip());

    assertEquals(code, log.signalCode());
    assertEquals(address, log.faultAddress());
  }

  // ---- cut off

  /** A number at the end of a log may be the half of one. */
  @Test
  void truncatedPartsAreNotBelieved() {
    assertEquals(-1, HsErrParser.parse("#  SIGSEGV (0xb) at pc=0x1, pid=47").pid());
    assertEquals(-1, HsErrParser.parse("#  SIGSEGV (0xb) at pc=0x1, pid=4711, tid=47").tid());
    assertEquals(4711, HsErrParser.parse("#  SIGSEGV (0xb) at pc=0x1, pid=4711, tid=47").pid());
    assertNull(
        HsErrParser.parse("Current thread (0x1):  JavaThread \"a\" [_thread_in_vm, id=47")
            .currentThread());
    assertEquals(Map.of(), HsErrParser.parse("Registers:\nRAX=0x0000000000000").registers());
    assertEquals(
        List.of(), HsErrParser.parse("Native frames:\nV  [libjvm.so+0x1]  VMErr").frames());
    assertNull(
        HsErrParser.parse(
                "siginfo: si_signo: 11 (SIGSEGV), si_code: 1 (SEGV_MAPERR), si_addr: 0x00")
            .faultAddress());
    assertTrue(HsErrParser.parse("END.").complete());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[error occurred during error reporting (printing registers), id 0xb, SIGSEGV (0xb) at pc=0x1]",
        "[timeout occurred during error reporting in step \"printing registers\"] after 30 s.",
        "------ Timeout during error reporting after 120 s. ------",
        "[Too many errors, abort]",
        "[timer expired, abort...]",
        "# [ timer expired, abort... ]",
      })
  void failuresInTheMaking(String line) {
    HsErrLog log =
        parse(TITLE + "#  SIGSEGV (0xb) at pc=0x1", line, "Registers:", "RAX=0x1, RBX=0x2");

    assertEquals(1, log.errors().size());
    assertEquals(2, log.registers().size());
    assertFalse(log.complete());
  }

  // ---- registers

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          RAX=0x0000000000000000, R8 =0x0000000000001267, TRAPNO=0x000000000000000e | RAX R8 TRAPNO
          EAX=0xb7f6a000, EBX=0xb7f6a001, CR2=0x00000010                            | EAX EBX CR2
          R0=0x0000000000000001 R29=0x0000ffff8f5fe7c0 PC=0x0000ffff PSTATE=0x1     | R0 R29 PC PSTATE
          pc =0x00007fff8a2f3c14  lr =0x00007fff8a2f3bf0  ctr=0x00007fff8a0d8f20    | pc lr ctr
          r0 =0x00007fff8a2f3bf0  r10=0x0000000000000000                            | r0 r10
          pc      =0x0000003f8fcd3c14                                               | pc
          """)
  void registers(String line, String names) {
    assertEquals(
        List.of(names.strip().split(" ", -1)),
        List.copyOf(parse("Registers:", line).registers().keySet()));
  }

  // ---- frames

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          j  com.x.OrderSpec.an order is paid, once (mostly)()V+12 java.base@17 | com.x.OrderSpec | an order is paid, once (mostly) | ()V | 12
          J 96 c2 com.x.Shop$Test.pays (twice)(Lcom/x/Order;[I)V (743 bytes) @ 0x00007f [0x0+0x1] | com.x.Shop$Test | pays (twice) | (Lcom/x/Order;[I)V | -1
          J 7% c1 a.B.c()[[Ljava/lang/String; (1 bytes) @ 0x00007f [0x0+0x1]   | a.B | c | ()[[Ljava/lang/String; | -1
          J 7 jvmci a.B.c()V (1 bytes) @ 0x00007f [0x0+0x1]                    | a.B | c | ()V | -1
          """)
  void methodsWithBlanks(String line, String className, String method, String descriptor, int bci) {
    HsErrFrame frame = HsErrFrame.parse(line).orElseThrow();

    assertEquals(className, frame.className());
    assertEquals(method, frame.method());
    assertEquals(descriptor, frame.descriptor());
    assertEquals(bci, frame.bci());
  }

  @Test
  void librariesWithBlanks() {
    HsErrFrame frame = HsErrFrame.parse("C  [my lib+x (1).so+0x12]  f(int)+0x3").orElseThrow();

    assertEquals("my lib+x (1).so", frame.library());
    assertEquals("0x12", frame.libraryOffset());
    assertEquals("f(int)+0x3", frame.function());
    assertEquals("blob", HsErrFrame.parse("v  blob 0x00007faa077395a2").orElseThrow().function());
    assertEquals(
        "0x00007faa077395a2", HsErrFrame.parse("v  blob 0x00007faa077395a2").orElseThrow().pc());
  }

  /** The stack of all code has lost Java's frames, which the other one has. */
  @Test
  void framesOfBothStacks() {
    HsErrLog log =
        parse(
            "Native frames: (J=compiled Java code, j=interpreted, Vv=VM code, C=native code)",
            "C  [libc.so.6+0x1]  memcpy+0x2",
            "C  [libvictim.so+0x1]",
            "v  ~StubRoutines::call_stub",
            "V  [libjvm.so+0x2]  JavaCalls::call_helper(JavaValue*)+0x3",
            "V  [libjvm.so+0x3]  thread_native_entry(Thread*)+0x3",
            "",
            "Java frames: (J=compiled Java code, j=interpreted, Vv=VM code)",
            "v  ~RuntimeStub::x",
            "j  a.B.nativeMethod()V+0",
            "J 12 c2 a.B.run()V (10 bytes) @ 0x1 [0x1+0x2]",
            "v  ~StubRoutines::call_stub");

    assertEquals(
        List.of(
            "memcpy+0x2",
            "libvictim.so",
            "nativeMethod",
            "run",
            "~StubRoutines::call_stub",
            "JavaCalls::call_helper(JavaValue*)+0x3",
            "thread_native_entry(Thread*)+0x3"),
        log.frames().stream().map(HsErrShapesTest::name).toList());
    assertEquals(2, log.topFrames().size());
  }

  /** JDK 8 prints none of a thread that it does not know; others may fail at it. */
  @Test
  void theProblematicFrameAlone() {
    String[] head = {
      "#  SIGSEGV (0xb) at pc=0x1", "# Problematic frame:", "# C  [a.so+0x1]  f+0x1"
    };
    HsErrLog nothing = parse(head);
    HsErrLog java = parse(String.join("\n", head), "", "Java frames:", "j  a.B.c()V+0");

    assertEquals(List.of("f+0x1"), nothing.frames().stream().map(HsErrShapesTest::name).toList());
    assertEquals(List.of("f+0x1", "c"), java.frames().stream().map(HsErrShapesTest::name).toList());
  }

  private static String name(HsErrFrame frame) {
    return frame.isJava()
        ? frame.method()
        : frame.function() == null ? frame.library() : frame.function();
  }

  /** Where the VM failed to print them with their sources, it prints them again without. */
  @Test
  void theLongerStackCounts() {
    HsErrLog log =
        parse(
            "Native frames: (J=compiled Java code, j=interpreted, Vv=VM code, C=native code)",
            "V  [libjvm.so+0x2]  one+0x3  (a.cpp:1)",
            "[error occurred during error reporting (printing native stack), id 0xb]",
            "",
            "Retrying call stack printing without source information...",
            "Native frames: (J=compiled Java code, j=interpreted, Vv=VM code, C=native code)",
            "V  [libjvm.so+0x2]  one+0x3",
            "V  [libjvm.so+0x3]  two+0x3");

    assertEquals(2, log.frames().size());
  }

  /** Java's frames are another thread's, for which the VM thread was at work. */
  @Test
  void framesOfAThreadThatWasProcessed() {
    HsErrLog log =
        parse(
            "Native frames: (J=compiled Java code, j=interpreted, Vv=VM code, C=native code)",
            "V  [libjvm.so+0x2]  one+0x3",
            "",
            "JavaThread 0x00007fdf500179f0 (nid = 32113) was being processed",
            "Java frames: (J=compiled Java code, j=interpreted, Vv=VM code)",
            "j  a.B.c()V+0");

    assertEquals(32113, log.processed());
    assertEquals(1, log.frames().size());
    assertFalse(log.frames().get(0).isJava());
    assertEquals(1, log.javaFrames().size());
  }

  @Test
  void namesWithLineBreaksInTheListOfThreads() {
    HsErrLog log =
        parse(
            "Java Threads: ( => current thread )",
            "=>0x00007f01 JavaThread \"one",
            "two\" daemon [_thread_blocked, id=7, stack(0x1,0x2)]",
            "  0x00007f02 JavaThread \"three\" [_thread_blocked, id=8, stack(0x1,0x2)]");

    assertEquals(
        List.of("one\ntwo", "three"), log.threads().stream().map(HsErrThread::name).toList());
  }

  /** An argument may hold anything: what is behind its line break is no name of another. */
  @Test
  void argumentsWithLineBreaks() {
    HsErrLog log =
        parse(
            "VM Arguments:",
            "jvm_args: -Dpassword=one",
            "two: three -Xmx1g",
            "java_command: Main",
            "java_class_path (initial): a.jar",
            "Launcher Type: SUN_STANDARD");

    assertEquals(
        List.of("jvm_args", "java_command", "java_class_path (initial)", "Launcher Type"),
        List.copyOf(log.vmArguments().keySet()));
    assertEquals("-Dpassword=one\ntwo: three -Xmx1g", log.vmArguments().get("jvm_args"));
  }

  // ---- what else readers want to know

  @Test
  void details() {
    HsErrDetails details =
        parse(
                "Stack: [0x00007fdf56c84000,0x00007fdf56d84000],  sp=0x00007fdf56d81d30,  free space=1015k",
                "VM_Operation (0x00007f12): G1CollectFull, mode: safepoint, requested by thread 0x00007f",
                "",
                "Register to memory mapping:",
                "",
                "RAX=0x0 is NULL",
                "RBX=0x00007fc40013f7e0 is a thread",
                "RCX=0x0000000000000010 is an unknown value",
                "R8 =0x00000000ff0b1234 is an oop: java.lang.String ",
                "{0x00000000ff0b1234} - klass: 'java/lang/String'",
                "",
                "---------------  P R O C E S S  ---------------",
                "",
                "VM state: at safepoint (normal execution)",
                "",
                "VM Mutex/Monitor currently owned by a thread:  ([mutex/lock_event])",
                "[0x00007f01] Threads_lock - owner thread: 0x00007f02",
                "[0x00007f03] Heap_lock - owner thread: 0x00007f04",
                "",
                "GC Heap History (4 events):",
                "Event: 0.123 GC heap before",
                "{Heap before GC invocations=3 (full 1):",
                " garbage-first heap   total 65536K, used 23552K",
                "}",
                "Event: 0.125 GC heap after",
                "{Heap after GC invocations=4 (full 1):",
                "}",
                "",
                "Deoptimization events (2 events):",
                "Event: 0.1 Thread 0x00007f DEOPT PACKING pc=0x1 sp=0x2",
                "Event: 0.2 Thread 0x00007f DEOPT UNPACKING pc=0x1 sp=0x2 mode 2",
                "",
                "Internal exceptions (9 events):",
                "Event: 0.1 Thread 0x00007f Exception <a 'java/lang/Error'{0x1}: one> (0x1) thrown [a.cpp, line 1]",
                "Event: 0.2 two",
                "Event: 0.3 three",
                "Event: 0.4 four",
                "Event: 0.5 five",
                "Event: 0.6 six",
                "",
                "Signal Handlers:",
                "   SIGSEGV: crash_handler in libjvm.so, mask=1, flags=SA_RESTART|SA_SIGINFO, unblocked",
                "    SIGBUS: on_bus in libfoo.so, mask=1, flags=SA_SIGINFO, unblocked",
                "  *** Handler was modified!",
                "  *** Expected: javaSignalHandler in libjvm.so, mask=1, flags=SA_RESTART|SA_SIGINFO",
                "   SIGPIPE: javaSignalHandler in libjvm.so, mask=1, flags=SA_RESTART, unblocked",
                "  *** Handler was modified!",
                "    SIGHUP: UserHandler in libjvm.so, mask=1, flags=SA_RESTART|SA_SIGINFO, blocked",
                "",
                "container (cgroup) information:",
                "container_type: cgroupv2",
                "memory_limit_in_bytes: 524288 k",
                "",
                "Native Memory Tracking:",
                "",
                "Total: reserved=1634MB, committed=123MB",
                "-                 Java Heap (reserved=256MB, committed=16MB)",
                "                            (mmap: reserved=256MB, committed=16MB)",
                "",
                "---------------  S Y S T E M  ---------------")
            .details();

    assertEquals("1015k", details.freeStack());
    assertEquals(
        "G1CollectFull, mode: safepoint, requested by thread 0x00007f", details.vmOperation());
    assertEquals("at safepoint (normal execution)", details.vmState());
    assertEquals(2, details.ownedMutexes().size());
    assertEquals(List.of("RAX", "RBX", "R8"), List.copyOf(details.registerMappings().keySet()));
    assertEquals("0x0 is NULL", details.registerMappings().get("RAX"));
    assertEquals(
        List.of(
            "0.123 GC heap before, invocations=3 (full 1)",
            "0.125 GC heap after, invocations=4 (full 1)"),
        details.collections());
    assertEquals(2, details.deoptimizations().size());
    assertEquals(
        List.of("0.2 two", "0.3 three", "0.4 four", "0.5 five", "0.6 six"),
        details.internalExceptions());
    assertEquals(
        List.of("SIGBUS:", "***", "***", "SIGPIPE:", "***"),
        details.signalHandlers().stream().map(line -> line.split(" ", 2)[0]).toList());
    assertEquals("524288 k", details.container().get("memory_limit_in_bytes"));
    assertEquals(2, details.container().size());
    assertEquals("Total: reserved=1634MB, committed=123MB", details.nativeMemory().get(0));
    assertEquals(2, details.nativeMemory().size());
  }

  @Test
  void detailsAreBounded() {
    HsErrDetails details =
        HsErrParser.parse(
                "Signal Handlers:\n"
                    + "SIGSEGV: x\n".repeat(10_000)
                    + "Internal exceptions (1 events):\n"
                    + ("Event: " + "x".repeat(10_000) + "\n").repeat(1000)
                    + "container (cgroup) information:\n"
                    + "a: b\n".repeat(1000))
            .details();

    assertTrue(details.signalHandlers().size() <= 40);
    assertEquals(5, details.internalExceptions().size());
    assertTrue(details.internalExceptions().get(0).length() < 400);
    assertEquals(1, details.container().size());
  }
}
