// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.EventBuilder;
import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hserr.HsErrFile;
import io.jmortem.hserr.Logs;
import io.jmortem.proc.ProcessFiles;
import io.jmortem.redact.Redactor;
import io.jmortem.report.Report;
import io.jmortem.report.Report.Confidence;
import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.ThreadInfo;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Deaths known only from hs_err, which may be cut off anywhere. */
class TruncatedLogTest {

  private static final int EVERY = 11;

  private static final Event ARMED =
      EventBuilder.event("armed", "e1", 1)
          .with("helper", "v")
          .with("level", "agent")
          .with("pid", 7)
          .with("options", Map.of())
          .with("probes", Map.of("bpf", false))
          .build();

  static Stream<String> logs() {
    return Logs.names();
  }

  private static Report report(byte[] log, int length) {
    try {
      HsErrFile file = HsErrFile.read("hs_err", new ByteArrayInputStream(log, 0, length), false);
      return new ReportComposer(
              "20261120T133358.495Z-host-4711-784a51",
              new Evidence(List.of(ARMED, new Event.Exit("e9", 9, null, 6)), List.of()),
              Optional.of(new LocatedLog(file, "hs_err.log")),
              ProcessFiles.NONE,
              new Redactor(false))
          .compose();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @MethodSource("logs")
  void truncatedLogSaysLess(String name) {
    byte[] log = Logs.bytes(name);
    Report whole = report(log, log.length);
    int i = 0;
    for (int length : Logs.cuts(log)) {
      if (i++ % EVERY == 0) {
        saysNoMore(whole, report(log, length), name + " cut at " + length + " ");
      }
    }
  }

  private static void saysNoMore(Report whole, Report cut, String where) {
    Report.Diagnosis all = whole.diagnosis();
    Report.Diagnosis some = cut.diagnosis();
    assertTrue(
        some.category() == all.category() || some.confidence() == Confidence.POSSIBLE,
        () -> where + some);
    assertTrue(some.confidence().compareTo(all.confidence()) >= 0, () -> where + some);
    assertTrue(
        cut.fingerprint() == null || cut.fingerprint().equals(whole.fingerprint()),
        () -> where + cut.signature());
    if (cut.sigInfo() != null) {
      assertEquals(whole.sigInfo().signo(), cut.sigInfo().signo(), where);
    }
    isSameOrAbsent(whole.sender(), cut.sender(), where);
    cut.crashedThread().ifPresent(thread -> saysNoMore(whole.crashedThread(), thread, where));
    if (!cut.hsErr().complete()) {
      assertTrue(cut.capture().missing().contains("hs_err: cut off"), where);
    }
  }

  private static void saysNoMore(Optional<ThreadInfo> whole, ThreadInfo cut, String where) {
    assertTrue(whole.isPresent(), where);
    assertTrue(Set.of(whole.get().name(), "?").contains(cut.name()), () -> where + cut);
    isSameOrAbsent(whole.get().nativeId(), cut.nativeId(), where);
    List<Frame> frames = whole.get().frames();
    assertTrue(
        cut.frames().size() == 1 || frames.containsAll(cut.frames()), () -> where + cut.frames());
  }

  private static void isSameOrAbsent(Object whole, Object cut, String where) {
    assertTrue(cut == null || Objects.equals(whole, cut), where);
  }

  // ---- which crash it is

  /** Another run: other pids, tids and addresses. */
  @ParameterizedTest
  @MethodSource("logs")
  void theSameCrashInAnotherRun(String name) {
    String log = new String(Logs.bytes(name), StandardCharsets.UTF_8);
    String other =
        log.replaceAll("0x00007f\\p{XDigit}{2}", "0x00007fa1")
            .replaceAll("\\b(pid=|tid=|id=|nid = )(\\d+)", "$19$2")
            .replaceAll("(Lambda[/+$])0x\\p{XDigit}{7}", "$10x0000000");

    assertEquals(fingerprint(log), fingerprint(other));
  }

  /** Only equal crashes are equal, with several JDKs, and threads with several names. */
  @Test
  void anotherCrashHasAnotherFingerprint() {
    Map<String, Set<String>> logs = new TreeMap<>();
    for (String name : logs().toList()) {
      String fingerprint = fingerprint(new String(Logs.bytes(name), StandardCharsets.UTF_8));
      logs.computeIfAbsent(String.valueOf(fingerprint), any -> new TreeSet<>()).add(name);
    }

    assertEquals(Set.of("jdk17-archive", "jdk8-killed"), logs.remove("null"));
    assertEquals(
        Set.of(
            Set.of("jdk21-jni", "jdk25-jni", "jdk26-odd-names", "jdk8-jni"),
            Set.of("jdk17-vm", "jdk26-vm")),
        logs.values().stream().filter(same -> same.size() > 1).collect(Collectors.toSet()));
  }

  /** The Java heap and native memory are different: the same frame may run out of either. */
  @Test
  void memoryOfTwoKinds() {
    String heap = new String(Logs.bytes("jdk21-internal-error"), StandardCharsets.UTF_8);
    String metaspace = heap.replace("Java heap space", "Metaspace");

    assertNotNull(fingerprint(heap));
    assertFalse(fingerprint(heap).equals(fingerprint(metaspace)));
  }

  private static String fingerprint(String log) {
    byte[] bytes = log.getBytes(StandardCharsets.UTF_8);
    return report(bytes, bytes.length).fingerprint();
  }
}
