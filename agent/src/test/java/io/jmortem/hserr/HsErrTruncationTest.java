// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A log may be cut off at any byte: it says less then, and nothing else. */
class HsErrTruncationTest {

  static Stream<String> logs() {
    return Logs.names();
  }

  @ParameterizedTest
  @MethodSource("logs")
  void truncatedLogSaysLess(String name) {
    byte[] bytes = Logs.bytes(name);
    HsErrLog whole = Logs.parse(bytes, bytes.length);
    int end = new String(bytes, StandardCharsets.ISO_8859_1).stripTrailing().length();
    for (int length : Logs.cuts(bytes)) {
      HsErrLog cut = Logs.parse(bytes, length);
      String where = name + " cut at " + length + " ";
      saysNoMore(whole, cut, where);
      assertFalse(cut.complete() && length < end, where);
    }
  }

  private static void saysNoMore(HsErrLog whole, HsErrLog cut, String where) {
    // its message is what a log is about that has no head line yet
    assertTrue(
        isPart(whole.headline(), cut.headline()) || isPart(whole.message(), cut.headline()), where);
    assertTrue(isPart(whole.message(), cut.message()), where);
    assertTrue(cut.signo() == 0 || cut.signo() == whole.signo(), where);
    assertTrue(cut.pid() < 0 || cut.pid() == whole.pid(), where);
    assertTrue(cut.tid() < 0 || cut.tid() == whole.tid(), where);
    isSameOrAbsent(whole.jreVersion(), cut.jreVersion(), where);
    isSameOrAbsent(whole.javaVm(), cut.javaVm(), where);
    isSameOrAbsent(whole.problematicFrame(), cut.problematicFrame(), where);
    isSameOrAbsent(whole.currentThread(), cut.currentThread(), where);
    assertTrue(whole.isNativeThread() || !cut.isNativeThread(), where);
    isSameOrAbsent(whole.currentCompileTask(), cut.currentCompileTask(), where);
    assertTrue(isPart(whole.siginfo(), cut.siginfo()), where);
    isSameOrAbsent(whole.signalCode(), cut.signalCode(), where);
    isSameOrAbsent(whole.faultAddress(), cut.faultAddress(), where);
    isBeginning(whole.nativeFrames(), cut.nativeFrames(), where);
    isBeginning(whole.javaFrames(), cut.javaFrames(), where);
    assertTrue(
        whole.frames().containsAll(cut.frames()) || cut.nativeFrames().isEmpty(),
        () -> where + cut.frames());
    assertTrue(cut.processed() < 0 || cut.processed() == whole.processed(), where);
    isPart(whole.registers(), cut.registers(), where);
    isBeginning(whole.threads(), cut.threads(), where);
    cut.vmArguments()
        .forEach(
            (key, value) -> assertTrue(isPart(whole.vmArguments().get(key), value), where + key));
    assertTrue(cut.elapsedSeconds() < 0 || cut.elapsedSeconds() == whole.elapsedSeconds(), where);
    assertTrue(whole.isOutOfMemory() || !cut.isOutOfMemory(), where);
    if (cut.hasStack()) {
      assertEquals(whole.frames(), cut.frames(), where);
      assertEquals(whole.processed(), cut.processed(), where);
    }
    saysNoMore(whole.details(), cut.details(), where);
  }

  private static void saysNoMore(HsErrDetails whole, HsErrDetails cut, String where) {
    isSameOrAbsent(whole.accessError(), cut.accessError(), where);
    isSameOrAbsent(whole.freeStack(), cut.freeStack(), where);
    isSameOrAbsent(whole.vmOperation(), cut.vmOperation(), where);
    isSameOrAbsent(whole.vmState(), cut.vmState(), where);
    isBeginning(whole.ownedMutexes(), cut.ownedMutexes(), where);
    isBeginning(whole.signalHandlers(), cut.signalHandlers(), where);
    // the last ones of each: those of a part are others
    assertTrue(List.of(List.of(), whole.internalExceptions()).contains(cut.internalExceptions()));
    assertTrue(List.of(List.of(), whole.deoptimizations()).contains(cut.deoptimizations()), where);
    assertTrue(List.of(List.of(), whole.collections()).contains(cut.collections()), where);
    isPart(whole.registerMappings(), cut.registerMappings(), where);
    isPart(whole.container(), cut.container(), where);
    isBeginning(whole.nativeMemory(), cut.nativeMemory(), where);
  }

  /** Whether it is absent, the same, or marked as the beginning of it. */
  private static boolean isPart(String whole, String cut) {
    boolean isMarked = cut != null && cut.endsWith("...");
    return cut == null
        || cut.equals(whole)
        || (isMarked && whole != null && whole.startsWith(cut.substring(0, cut.length() - 3)));
  }

  private static void isSameOrAbsent(Object whole, Object cut, String where) {
    assertTrue(cut == null || Objects.equals(whole, cut), where);
  }

  private static <T> void isBeginning(List<T> whole, List<T> cut, String where) {
    assertTrue(cut.size() <= whole.size(), where);
    assertEquals(whole.subList(0, cut.size()), cut, where);
  }

  private static void isPart(Map<String, String> whole, Map<String, String> cut, String where) {
    assertTrue(whole.entrySet().containsAll(cut.entrySet()), where);
  }
}
