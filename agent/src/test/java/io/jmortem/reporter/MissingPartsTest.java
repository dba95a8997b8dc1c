// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.ReportText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** MISSING shows what failed while the JVM was inspected. */
class MissingPartsTest {

  private static final String ID = "20261120T133358.495Z-host-4711-784a51";

  private static final String ARMED =
      line("e1", "armed", 0, "'level':'full','pid':4711,'probes':{'bpf':true}");
  private static final String TERM = sent("e2", 1, 15);
  private static final String KILL = sent("e4", 3, 9);
  private static final String EXIT = line("e9", "exit", 5, "'status':9");
  private static final String THREADS = "{'id':1,'nativeId':4712,'name':'main','frames':[%s]}";
  private static final String SHUTDOWN =
      "{'kind':'INTERPRETED','className':'java.lang.Shutdown','method':'exit','trust':'CERTAIN'}";
  private static final String TOO_LATE =
      "the deadline has passed: threads, frames or locks are missing";

  @TempDir private Path parent;

  private static String line(String id, String event, int second, String fields) {
    String line =
        "{'id':'%s','event':'%s','timeUnixNano':'179518600%d000000000',%s}\n"
            .formatted(id, event, second, fields);
    return line.replace('\'', '"');
  }

  private static String sent(String id, int second, int signo) {
    String fields =
        "'si_signo':%d,'si_code':0,'thread':{'tid':7,'tgid':7,'vtid':7,'comm':'sh'},"
            + "'executable':'sh','uid':0";
    return line(id, "signal_sent", second, fields.formatted(signo));
  }

  private static String stacks(String moment, String threads, String... errors) {
    String all = errors.length == 0 ? "" : "'" + String.join("','", errors) + "'";
    return line(
        moment.equals("request") ? "e3" : "e6",
        "stacks",
        moment.equals("request") ? 2 : 4,
        "'moment':'%s','dump':{'feature':17,'threads':[%s],'softErrors':[%s]}"
            .formatted(moment, threads, all));
  }

  private static String problem(String moment, String part, String what) {
    return line(
        "e5",
        "problem",
        4,
        "'part':'" + part + "','what':'" + what + "','moment':'" + moment + "'");
  }

  private Report report(String... evidence) throws IOException {
    Path directory = Files.createDirectories(parent.resolve(ID));
    Files.writeString(directory.resolve("evidence.ndjson"), ARMED + String.join("", evidence));
    return Reporter.rebuild(directory).report();
  }

  private static boolean isMissing(Report report, String words) {
    return report.capture().missing() != null
        && report.capture().missing().stream().anyMatch(words::equals);
  }

  @Test
  void aWalkThatFoundNoThread() throws IOException {
    Report report = report(KILL, stacks("exit", "", TOO_LATE), EXIT);

    assertEquals("kernel", report.capture().level());
    assertEquals(
        "stacks: the walk found no thread: " + TOO_LATE, report.capture().missing().get(0));
    assertTrue(report.softErrors().contains(TOO_LATE));
    assertTrue(ReportText.write(report).contains("\nMISSING   stacks: the walk found no thread"));
  }

  @Test
  void aWalkWithoutAThreadOrReason() throws IOException {
    assertTrue(
        isMissing(
            report(KILL, stacks("exit", ""), EXIT),
            "stacks: the walk found no thread: the reason was not recorded"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stacks | the walk was ended at its deadline | stacks: the walk was ended at its deadline",
        "threads | 3 of 9 read before the deadline | threads: 3 of 9 read before the deadline",
        "freeze | No such process | the threads could not be stopped: No such process",
      })
  void whatTheHelperCouldNotDo(String part, String what, String told) throws IOException {
    assertTrue(isMissing(report(KILL, problem("exit", part, what), EXIT), told));
    assertTrue(
        isMissing(
            report(KILL, problem("fault", part, what), stacks("exit", THREADS.formatted("")), EXIT),
            "at the fault: " + told));
    assertTrue(
        isMissing(
            report(
                TERM, problem("request", part, what), KILL, stacks("exit", THREADS.formatted(""))),
            "at the SIGTERM: " + told));
  }

  @Test
  void aWalkThatCameToNoEnd() throws IOException {
    String[] errors = {TOO_LATE, "a JavaThread: b", "c", "d", "e", "f"};
    List<String> missing =
        report(KILL, stacks("exit", THREADS.formatted(""), errors), EXIT).capture().missing();

    assertEquals(List.of(errors).subList(0, 4), missing.subList(0, 4));
    assertEquals("2 more errors of the walk; see SOFT ERRORS", missing.get(4));
  }

  @Test
  void noWalkAtAll() throws IOException {
    assertTrue(
        isMissing(
            report(KILL, EXIT), "the stacks at the end: not read; the reason was not recorded"));
    assertFalse(
        isMissing(
            report(KILL, problem("exit", "stacks", "not read, because"), EXIT),
            "the stacks at the end: not read; the reason was not recorded"));
  }

  /** The hint mentions the threads at the SIGTERM only if the report has them. */
  @Test
  void hintOfAKillAfterARequest() throws IOException {
    String atItsEnd = stacks("exit", THREADS.formatted(SHUTDOWN));
    String promise = "the threads at the SIGTERM are at the end of the report";
    Report whole = report(TERM, stacks("request", THREADS.formatted("")), KILL, atItsEnd, EXIT);
    Report empty = report(TERM, stacks("request", "", TOO_LATE), KILL, atItsEnd, EXIT);

    assertTrue(whole.diagnosis().hint().contains(promise), whole.diagnosis()::hint);
    assertEquals(1, whole.earlierThreads().threads().size());
    assertFalse(empty.diagnosis().hint().contains(promise), empty.diagnosis()::hint);
    assertTrue(isMissing(empty, "at the SIGTERM: stacks: the walk found no thread: " + TOO_LATE));
  }

  /** If no thread was read, a thread may still have been in the shutdown. */
  @Test
  void aKillAfterARequestWithNothingSeen() throws IOException {
    List<String> because = report(TERM, KILL, EXIT).diagnosis().evidence();

    assertTrue(
        because.stream().anyMatch(each -> each.startsWith("the threads at the end are unknown")),
        because::toString);
  }

  @Test
  void lostEvidence() throws IOException {
    String counters = line("e7", "counters", 5, "'lost':3");
    String left =
        line(
            "e8",
            "problem",
            5,
            "'part':'lines','what':'2 lines of evidence are left out: too much'");
    Report report = report(KILL, counters, left, "no JSON\n", EXIT);

    assertTrue(isMissing(report, "3 events of the kernel: lost, because the buffer was full"));
    assertTrue(isMissing(report, "2 lines of evidence are left out: too much"));
    assertTrue(isMissing(report, "lines of evidence that can't be read: 1"));
  }
}
