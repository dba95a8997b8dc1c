// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real logs of JDK 8 to 26, shortened by what the parser does not look at. */
class HsErrParserTest {

  private static byte[] bytes(String name) {
    try (InputStream log = HsErrParserTest.class.getResourceAsStream(name + ".log")) {
      return log.readAllBytes();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static HsErrLog parse(String name) {
    return HsErrParser.parse(new String(bytes(name), StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "jdk8-jni, main, _thread_in_native, C  [libvictim.so",
    "jdk11-compiled, main, _thread_in_Java, J 12 c2 com.example.crash.Victim.sum",
    "jdk17-vm, main, _thread_in_vm, V  [libjvm.so",
    "jdk21-jni, main, _thread_in_native, C  [libvictim.so",
    "jdk25-jni, main, _thread_in_native, C  [libvictim.so",
    "jdk26-vm, main, _thread_in_vm, V  [libjvm.so",
  })
  void crashes(String name, String thread, String state, String problematicFrame) {
    HsErrLog log = parse(name);

    assertEquals(11, log.signo());
    assertTrue(log.headline().startsWith("SIGSEGV (0xb) at pc=0x"), log.headline());
    assertTrue(log.pid() > 0);
    assertEquals(thread, log.currentThread().name());
    assertEquals(state, log.currentThread().state());
    assertEquals("JavaThread", log.currentThread().kind());
    assertTrue(log.currentThread().id() > 0);
    assertTrue(log.problematicFrame().startsWith(problematicFrame), log.problematicFrame());
    assertTrue(log.siginfo().startsWith("si_signo: 11 (SIGSEGV)"), log.siginfo());
    assertTrue(log.registers().get("RIP").startsWith("0x"), log.registers()::toString);
    assertTrue(log.registers().containsKey("R8"), log.registers()::toString);
    assertFalse(log.nativeFrames().isEmpty());
    assertTrue(log.nativeFrames().stream().anyMatch(HsErrFrame::isJava));
    assertTrue(log.frames().stream().filter(HsErrFrame::isJava).count() > 1);
    assertTrue(
        log.threads().stream().anyMatch(each -> each.name().equals("main") && each.current()));
    assertTrue(
        log.threads().stream().anyMatch(each -> !each.kind().equals("JavaThread")),
        log.threads()::toString);
    assertTrue(log.jreVersion().contains("OpenJDK Runtime Environment"), log.jreVersion());
    assertNotNull(log.vmArguments().get("jvm_args"));
    assertTrue(log.elapsedSeconds() > 0);
    assertTrue(log.complete());
  }

  @Test
  void internalError() {
    HsErrLog log = parse("jdk21-internal-error");

    assertEquals(0, log.signo());
    assertTrue(log.headline().startsWith("Internal Error (debug.cpp:"), log.headline());
    assertEquals("fatal error: OutOfMemory encountered: Java heap space", log.message());
    assertNull(log.problematicFrame());
    assertFalse(log.isOutOfMemory());
  }

  @Test
  void outOfNativeMemory() {
    HsErrLog log = parse("jdk17-out-of-memory");

    assertTrue(log.isOutOfMemory());
    assertTrue(log.headline().startsWith("Out of Memory Error ("), log.headline());
    assertTrue(log.message().startsWith("Native memory allocation (malloc)"), log.message());
  }

  @Test
  void threadNamesMayBeAnything() {
    HsErrLog log = parse("jdk26-odd-names");

    assertTrue(log.currentThread().name().startsWith("q\"d "), log.currentThread().name());
    assertTrue(log.currentThread().name().endsWith("\nline2"), log.currentThread().name());
    assertTrue(log.currentThread().daemon());
    assertEquals(14040, log.currentThread().id());
  }

  @Test
  void threadsOfTheVm() {
    HsErrLog log = parse("jdk17-gc-thread");

    assertFalse("JavaThread".equals(log.currentThread().kind()), log.currentThread()::toString);
    assertTrue(log.currentThread().id() > 0);
    assertFalse(log.nativeFrames().isEmpty());
  }

  @Test
  void threadsThatTheVmDoesNotKnow() {
    HsErrLog log = parse("jdk25-native-thread");

    assertNull(log.currentThread());
    assertEquals(11, log.signo());
    assertFalse(log.frames().isEmpty());
  }

  @Test
  void killedBySomebody() {
    HsErrLog log = parse("jdk8-killed");

    assertEquals(11, log.signo());
    assertTrue(log.siginfo().contains("si_code: 0 (SI_USER)"), log.siginfo());
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.hserr.Logs#names")
  void anyTruncation(String name) {
    byte[] whole = Logs.bytes(name);
    HsErrLog complete = Logs.parse(whole, whole.length);
    int step = name.equals("jdk17-vm") ? 1 : 23;
    for (int length = 0; length <= whole.length; length += step) {
      HsErrLog log = Logs.parse(whole, length);
      assertTrue(log.nativeFrames().size() <= complete.nativeFrames().size());
      assertTrue(log.threads().size() <= complete.threads().size());
    }
    assertFalse(Logs.parse(whole, whole.length / 2).complete());
  }

  @ParameterizedTest
  @ValueSource(strings = {"jdk8-jni", "jdk17-vm", "jdk26-odd-names"})
  void anyDamage(String name) {
    Random random = new Random(17);
    for (int i = 0; i < 300; i++) {
      byte[] damaged = bytes(name);
      for (int j = 0; j < 50; j++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      assertNotNull(HsErrParser.parse(new String(damaged, StandardCharsets.UTF_8)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", "#", "# Problematic frame:", "Current thread (0x", "END."})
  void fragmentsHaveNoHeadline(String text) {
    assertNull(HsErrParser.parse(text).headline());
  }

  @Test
  void hostileLengthsEnd() {
    HsErrLog log = HsErrParser.parse("Native frames:\n" + "C  [a+0x1]\n".repeat(100_000));

    assertEquals(2048, log.nativeFrames().size());
    String longName = "\"".repeat(100_000);
    assertNull(HsErrParser.parse("Current thread (0x1):  JavaThread " + longName).currentThread());
    assertTrue(HsErrFrame.parse("j " + "a.".repeat(50_000)).isEmpty());
    assertTrue(HsErrFrame.parse("J 1 " + "a(".repeat(50_000)).isEmpty());
    assertTrue(HsErrFrame.parse("J " + "1".repeat(4000)).isEmpty());
    assertTrue(HsErrFrame.parse("j  " + "a.b(".repeat(1000)).isEmpty());
  }

  @Test
  void frames() {
    HsErrFrame interpreted = frame("j  java.lang.Thread.run()V+19 java.base@26.0.2.1");
    assertEquals(HsErrFrame.Kind.INTERPRETED, interpreted.kind());
    assertEquals("java.lang.Thread", interpreted.className());
    assertEquals("run", interpreted.method());
    assertEquals("()V", interpreted.descriptor());
    assertEquals(19, interpreted.bci());

    HsErrFrame compiled =
        frame(
            "J 96% c2 a.B$C.<init>([Ljava/lang/String;I)V java.base@17 (743 bytes) @ 0x00007f88 [0x00007f80+0x8]");
    assertEquals(HsErrFrame.Kind.COMPILED, compiled.kind());
    assertEquals("a.B$C", compiled.className());
    assertEquals("<init>", compiled.method());
    assertEquals("([Ljava/lang/String;I)V", compiled.descriptor());
    assertEquals("0x00007f88", compiled.pc());

    HsErrFrame wrapper =
        frame("J 12  sun.misc.Unsafe.getLong(J)J (0 bytes) @ 0x00007f00 [0x00007f00+0x0]");
    assertEquals("getLong", wrapper.method());

    HsErrFrame lambda = frame("j  a.B$$Lambda+0x00007f4f40003a18.run()V+4");
    assertEquals("a.B$$Lambda+0x00007f4f40003a18", lambda.className());

    HsErrFrame vm =
        frame(
            "V  [libjvm.so+0x12f7ff3]  VMError::report(outputStream*, bool)+0x2cf3  (os_linux.cpp:2857)");
    assertEquals(HsErrFrame.Kind.VM, vm.kind());
    assertEquals("libjvm.so", vm.library());
    assertEquals("0x12f7ff3", vm.libraryOffset());
    assertEquals("VMError::report(outputStream*, bool)+0x2cf3", vm.function());
    assertEquals("os_linux.cpp", vm.file());
    assertEquals(2857, vm.line());

    assertEquals("0x4141414141414141", frame("C  0x4141414141414141").pc());
    assertNull(frame("C  [libvictim2.so+0x1210]").function());
    assertEquals(
        "~StubRoutines::Stub Generator call_stub_stub",
        frame("v  ~StubRoutines::Stub Generator call_stub_stub 0x00007faa077395a2").function());
    assertTrue(HsErrFrame.parse("...<more frames>...").isEmpty());
  }

  private static HsErrFrame frame(String line) {
    return HsErrFrame.parse(line).orElseThrow(() -> new AssertionError(Arrays.asList(line)));
  }
}
