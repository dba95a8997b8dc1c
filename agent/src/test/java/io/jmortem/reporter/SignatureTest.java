// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.ThreadInfo;
import io.jmortem.report.Report.Trust;
import io.jmortem.verdict.Verdict;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SignatureTest {

  private static Verdict verdict(Category category, String kind) {
    return Verdict.of(category, Confidence.CERTAIN, "").kind(kind).build();
  }

  private static Frame code(String type, String path, String function) {
    return Frame.builder().type(type).function(function).path(path).trust(Trust.GUESSED).build();
  }

  private static Frame java(String className, String method) {
    return Frame.builder()
        .className(className)
        .method(method)
        .type("interpreted")
        .trust(Trust.CERTAIN)
        .inApp(true)
        .build();
  }

  private static Signature of(Category category, String kind, String jvm, Frame... frames) {
    ThreadInfo thread =
        ThreadInfo.builder()
            .nativeId(1)
            .name("t")
            .crashed(true)
            .frames(Arrays.asList(frames))
            .build();
    return Signature.of(
        verdict(category, kind),
        Optional.of("SIGX"),
        frames.length == 0 ? Optional.empty() : Optional.of(thread),
        jvm,
        true);
  }

  /** The same library, unpacked again under another name. */
  @Test
  void randomNames() {
    Frame[] one = {code("native", "/tmp/libnat4711.so", "decode+0x7b"), java("A", "b")};
    Frame[] two = {code("native", "/tmp/libnat83.so (deleted)", "decode+0x99"), java("A", "b")};
    Frame[] three = {code("native", "/tmp/q/libnat99999.so", "decode+0x1"), java("A", "b")};

    assertEquals(
        "vm-crash SIGX | libnat.so!decode | A.b", of(Category.VM_CRASH, null, "", one).text());
    assertNotEquals(of(Category.VM_CRASH, null, "", one), of(Category.VM_CRASH, null, "", two));
    assertEquals(of(Category.VM_CRASH, null, "", one), of(Category.VM_CRASH, null, "", three));
  }

  /** A frame that every abort has, such as abort(), is not the place. */
  @Test
  void placeOfAnAbort() {
    Frame abort = code("native", "/lib/libc.so.6", "abort+0x0");
    Frame terminate = code("native", "/lib/libstdc++.so.6.0.30", "std::terminate+0x15");
    Frame jni = code("vm", "/jdk/lib/server/libjvm.so", "jni_FatalError+0xbc");
    Frame codec = code("native", "/opt/libcodec.so", "decode+0x1");

    assertEquals(
        "native-abort SIGX | libcodec.so!decode",
        of(Category.NATIVE_ABORT, null, "", abort, terminate, codec).text());
    assertEquals(
        "native-abort SIGX | libcodec.so!decode",
        of(Category.NATIVE_ABORT, null, "", abort, jni, codec).text());
  }

  /** The VM's reporting functions are in each of its errors. */
  @Test
  void placeOfAVmError() {
    Frame report = code("vm", "/jdk/lib/server/libjvm.so", "VMError::report_and_die+0x17");
    Frame gc = code("vm", "/jdk/lib/server/libjvm.so", "G1CollectedHeap::verify+0x17");
    Frame code = code("vm", "/jdk/lib/server/libjvm.so", "CodeCache::allocate+0x17");

    assertNotEquals(
        of(Category.VM_ERROR, null, "", report, gc).fingerprint(),
        of(Category.VM_ERROR, null, "", report, code).fingerprint());
    assertEquals(
        "vm-error SIGX | A.b", of(Category.VM_ERROR, null, "", report, gc, java("A", "b")).text());
  }

  @ParameterizedTest
  @EnumSource(Category.class)
  void noFingerprintFromNothing(Category category) {
    assertTrue(of(category, null, "com.acme.Main").fingerprint().isEmpty());
    assertTrue(
        of(category, null, "com.acme.Main", code("native", "/lib/libc.so.6", "abort+0x0"))
            .fingerprint()
            .isEmpty());
    assertTrue(
        of(category, null, "com.acme.Main", code("native", "/lib/x.so", null))
            .fingerprint()
            .isEmpty());
  }

  /** Kills: the sender, the signal, and the JVM. */
  @Test
  void kills() {
    Signature one = of(Category.KILLED, "sent by bash", "com.acme.Main");

    assertEquals("killed SIGX | sent by bash | com.acme.Main", one.text());
    assertNotEquals(one, of(Category.KILLED, "sent by timeout", "com.acme.Main"));
    assertNotEquals(one, of(Category.KILLED, "sent by bash after SIGTERM", "com.acme.Main"));
    assertNotEquals(one, of(Category.KILLED, "sent by bash", "shop.jar"));
    assertEquals(one, of(Category.KILLED, "sent by bash", "com.acme.Main"));
  }

  @Test
  void classesThatAreMadeAtRunTime() {
    assertEquals(
        of(
            Category.VM_CRASH,
            null,
            "",
            java("A$$Lambda$14/0x0001", "run"),
            java("$Proxy12", "get")),
        of(Category.VM_CRASH, null, "", java("A$$Lambda$9/0x0777", "run"), java("$Proxy3", "get")));
  }
}
