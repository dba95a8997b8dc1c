// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import io.jmortem.hserr.HsErrParser;
import io.jmortem.redact.Redactor;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Reader;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * How fast logs are redacted and parsed by a cold JVM with the reporter's options, in MB a second
 * of its thread's time. Run by {@code mvn verify -Pbenchmark}; no test: it prints, and never fails.
 */
final class RedactionBenchmark {

  private static final Path RECORDED =
      Path.of("../agent/src/test/resources/io/jmortem").toAbsolutePath();

  private static final long SIZE = 60_000_000;

  private RedactionBenchmark() {}

  /** Without arguments it starts itself once for each kind of text; with two it measures one. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 2) {
      measure(arguments[0], Path.of(arguments[1]));
      return;
    }
    Path directory = Files.createTempDirectory("jmortem-benchmark");
    Path log = repeated(directory.resolve("hs_err.log"), RECORDED.resolve("hserr/jdk26-vm.log"));
    Path evidence =
        repeated(
            directory.resolve("evidence.ndjson"),
            RECORDED.resolve("reporter/full/evidence.ndjson"));
    start("redact", log);
    start("redact", evidence);
    start("parse", log);
    Files.delete(log);
    Files.delete(evidence);
    Files.delete(directory);
  }

  private static Path repeated(Path to, Path recorded) throws IOException {
    byte[] once = Files.readAllBytes(recorded);
    try (OutputStream stream = Files.newOutputStream(to)) {
      for (long size = 0; size < SIZE; size += once.length) {
        stream.write(once);
      }
    }
    return to;
  }

  private static void start(String what, Path text) throws IOException, InterruptedException {
    new ProcessBuilder(
            Jdk.own().java().toString(),
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Xshare:auto",
            "-cp",
            System.getProperty("java.class.path"),
            RedactionBenchmark.class.getName(),
            what,
            text.toString())
        .inheritIO()
        .start()
        .waitFor();
  }

  private static void measure(String what, Path text) throws IOException {
    Redactor redactor = new Redactor(true);
    redactor.learn(List.of("java", "-Ddb.password=correct horse", "--token", "battery staple"));
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    try (Reader reader = Files.newBufferedReader(text);
        Writer nowhere =
            new OutputStreamWriter(OutputStream.nullOutputStream(), StandardCharsets.UTF_8)) {
      if (what.equals("parse")) {
        HsErrParser.parse(reader);
      } else {
        redactor.copy(reader, nowhere);
      }
    }
    double seconds = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) / 1e9;
    System.err.printf(
        Locale.ROOT,
        "%s %s: %.1f MB/s%n",
        what,
        text.getFileName(),
        Files.size(text) / 1e6 / seconds);
  }
}
