// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.hserr.HsErrParser;
import io.jmortem.report.Report;
import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.ThreadInfo;
import io.jmortem.report.ReportText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Crashes known only from hs_err: those of an ordinary user, without kernel evidence. */
class LoggedCrashTest {

  private static final String ID = "20261120T133358.495Z-host-4711-784a51";

  private static final String NATIVE_THREAD = "jdk25-native-thread";

  @TempDir private Path parent;

  private static String log(String name) throws IOException {
    try (InputStream log = HsErrParser.class.getResourceAsStream(name + ".log")) {
      return new String(log.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String armed(String level, boolean hasBpf) {
    return "{\"id\":\"e1\",\"event\":\"armed\",\"timeUnixNano\":\"1795186000000000000\",\"level\":\""
        + level
        + "\",\"pid\":11895,\"probes\":{\"bpf\":"
        + hasBpf
        + "}}\n";
  }

  private static final String END =
      "{\"id\":\"e9\",\"event\":\"exit\",\"timeUnixNano\":\"1795186002000000000\",\"status\":6}\n";

  private Report report(String evidence, String log) throws IOException {
    Path directory = parent.resolve(ID);
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("evidence.ndjson"), evidence);
    Files.writeString(directory.resolve("hs_err_pid11895.log"), log);
    return Reporter.rebuild(directory).report();
  }

  private static List<String> names(ThreadInfo thread) {
    return thread.frames().stream()
        .map(frame -> frame.className() == null ? frame.function() : frame.method())
        .toList();
  }

  @Test
  void aThreadThatTheVmDoesNotKnow() throws IOException {
    Report report = report(armed("agent", false) + END, log(NATIVE_THREAD));
    ThreadInfo thread = report.crashedThread().orElseThrow();

    assertEquals(Report.Category.VM_CRASH, report.diagnosis().category());
    assertEquals(11920, thread.nativeId());
    assertEquals(
        List.of("victim::Box<int>::poke+0x3", "static_helper+0x9", "thr+0x2c"), names(thread));
    assertEquals(
        new Report.SigInfo(11, "SIGSEGV", 1, "SEGV_MAPERR", "0x0", null), report.sigInfo());
    assertEquals(false, report.sender().hasSender());
    assertEquals("0x7fc845e33737", report.ucontext().registers().get("rip"));
    assertEquals("vm-crash SIGSEGV | libvictim.so!victim::Box::poke", report.signature());
    String text = ReportText.write(report);
    assertTrue(text.contains("\nFAULT     SIGSEGV SEGV_MAPERR at 0x0, rip 0x7fc845e33737"), text);
    assertTrue(text.contains("\nTHREAD    \"(native thread)\" tid 11920\n"), text);
  }

  /** The same crash has the same fingerprint, however much is known about it. */
  @Test
  void theSameCrashAtEachLevel() throws IOException {
    String fatal =
        "{\"id\":\"e2\",\"event\":\"fatal_error\",\"timeUnixNano\":\"1795186001000000000\","
            + "\"thread\":{\"tid\":11920,\"tgid\":11895,\"vtid\":11920,\"comm\":\"java\"},"
            + "\"marker\":\"uprobe\",\"first\":true,\"error_id\":11,\"fault\":{\"si_signo\":11,"
            + "\"si_code\":1,\"si_addr\":\"0x0\",\"trap_nr\":14,\"error_code\":6}}\n";
    String stacks =
        "{\"id\":\"e3\",\"event\":\"stacks\",\"timeUnixNano\":\"1795186001000000001\","
            + "\"moment\":\"exit\",\"dump\":{\"feature\":25,\"threads\":[{\"id\":1,\"nativeId\":5,"
            + "\"name\":\"main\",\"frames\":[]},{\"nativeId\":11920,\"name\":\"java\"}]}}\n";
    String agent = report(armed("agent", false) + END, log(NATIVE_THREAD)).fingerprint();

    assertEquals(
        agent, report(armed("kernel", true) + fatal + END, log(NATIVE_THREAD)).fingerprint());
    assertEquals(
        agent, report(armed("memory", false) + stacks + END, log(NATIVE_THREAD)).fingerprint());
    assertEquals(
        agent,
        report(armed("full", true) + fatal + stacks + END, log(NATIVE_THREAD)).fingerprint());
    assertNotEquals(
        agent,
        report(armed("agent", false) + END, log(NATIVE_THREAD).replace("poke", "peek"))
            .fingerprint());
  }

  /** The walk at the exit begins at the last call from Java; hs_err has the frames above it. */
  @Test
  void theTopOfAStackThatWasWalkedInTheExit() throws IOException {
    String log = log("jdk25-jni").replaceFirst("pid=\\d+", "pid=11895");
    long tid = HsErrParser.parse(log).currentThread().id();
    String native_ = "\"className\":\"com.example.crash.Native\",\"method\":\"nullDeref\"";
    String stacks =
        "{\"id\":\"e3\",\"event\":\"stacks\",\"timeUnixNano\":\"1795186001000000001\","
            + "\"moment\":\"exit\",\"dump\":{\"feature\":25,\"threads\":[{\"id\":1,\"nativeId\":"
            + tid
            + ",\"name\":\"main\",\"frames\":[{\"kind\":\"NATIVE\","
            + native_
            + ",\"trust\":\"CERTAIN\"},{\"kind\":\"INTERPRETED\",\"className\":\"a.B\","
            + "\"method\":\"walked\",\"line\":7,\"trust\":\"CERTAIN\"}]}]}}\n";
    Report report = report(armed("memory", false) + stacks + END, log);
    List<Frame> frames = report.crashedThread().orElseThrow().frames();

    assertEquals("libvictim.so", frames.get(0).path());
    int java = names(report.crashedThread().orElseThrow()).indexOf("nullDeref");
    assertTrue(java > 0);
    assertNull(frames.get(java - 1).className());
    assertEquals("walked", frames.get(java + 1).method());
    assertEquals(java + 2, frames.size());
  }

  /** The VM thread failed; the Java frames in hs_err are those of the thread that it served. */
  @Test
  void aThreadThatTheVmThreadWasProcessing() throws IOException {
    Report report =
        report(
            armed("agent", false) + END,
            log("jdk17-gc-thread").replaceFirst("pid=\\d+", "pid=11895"));
    ThreadInfo failed = report.crashedThread().orElseThrow();
    ThreadInfo served =
        report.threads().stream()
            .filter(thread -> Integer.valueOf(32113).equals(thread.nativeId()))
            .findFirst()
            .orElseThrow();

    assertEquals("VM Thread", failed.name());
    assertTrue(failed.frames().stream().allMatch(frame -> frame.className() == null));
    assertEquals("main", served.name());
    assertEquals(List.of("gc", "gc", "main", "~StubRoutines::call_stub"), names(served));
  }

  /** At the exit of an ordinary user's JVM, the walk knows only Java threads. */
  @Test
  void aThreadOfTheVmThatWasNotWalked() throws IOException {
    String log = log("jdk8-gc-thread").replaceFirst("pid=\\d+", "pid=11895");
    String stacks =
        "{\"id\":\"e3\",\"event\":\"stacks\",\"timeUnixNano\":\"1795186001000000001\","
            + "\"moment\":\"exit\",\"dump\":{\"feature\":8,\"threads\":[{\"id\":1,\"nativeId\":5,"
            + "\"name\":\"main\",\"frames\":[]}]}}\n";
    Report report = report(armed("memory", false) + stacks + END, log);

    assertEquals("GCTaskThread", report.crashedThread().orElseThrow().name());
    assertFalse(report.crashedThread().orElseThrow().frames().isEmpty());
    assertEquals(report(armed("agent", false) + END, log).fingerprint(), report.fingerprint());
  }

  /** The log's stack begins with Java: the frames above it in the walk came later. */
  @Test
  void anAbortThatCameAfterTheFault() throws IOException {
    String log = log("jdk25-safepoint").replaceFirst("pid=\\d+", "pid=11895");
    long tid = HsErrParser.parse(log).currentThread().id();
    String frames =
        "[{\"kind\":\"NATIVE\",\"function\":\"abort+0xd3\",\"trust\":\"GUESSED\"},"
            + "{\"kind\":\"VM\",\"function\":\"JVM_handle_linux_signal+0x1\",\"trust\":\"GUESSED\"},"
            + "{\"kind\":\"COMPILED\",\"className\":\"com.acme.shop.Hot\",\"method\":\"counted\","
            + "\"trust\":\"CERTAIN\"}]";
    String stacks =
        "{\"id\":\"e3\",\"event\":\"stacks\",\"timeUnixNano\":\"1795186001000000001\","
            + "\"moment\":\"exit\",\"dump\":{\"feature\":25,\"threads\":[{\"id\":1,\"nativeId\":"
            + tid
            + ",\"name\":\"order-worker\",\"frames\":"
            + frames
            + "}]}}\n";
    Report report = report(armed("memory", false) + stacks + END, log);

    assertEquals(List.of("counted"), names(report.crashedThread().orElseThrow()));
  }

  @Test
  void aLogThatWasCutOffWhileMemoryRanOut() throws IOException {
    Report report =
        report(
            armed("agent", false) + END,
            "#\n# There is insufficient memory for the Java Runtime Environment to continue.\n"
                + "# Native memory allocation (mmap) failed");

    assertEquals(Report.Category.VM_ERROR, report.diagnosis().category());
    assertTrue(report.diagnosis().summary().contains("Native memory allocation (mmap) failed"));
    assertTrue(report.diagnosis().hint().startsWith("native memory ran out"));
  }
}
