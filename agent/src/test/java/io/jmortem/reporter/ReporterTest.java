// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.jmortem.report.Report;
import io.jmortem.report.ReportJson;
import io.jmortem.report.ReportText;
import io.jmortem.store.ReportDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole report from recorded evidence: golden files, and damaged evidence. */
class ReporterTest {

  private static final String ID = "20261120T133358.495Z-host-4711-784a51";

  @TempDir private Path parent;
  private Path directory;

  @BeforeEach
  void recorded() throws IOException {
    directory = Files.createDirectory(parent.resolve(ID));
    recorded("kernel");
  }

  private void recorded(String level) throws IOException {
    copy(level + "/evidence.ndjson", "evidence.ndjson");
    if (!level.equals("killed")) {
      copy(level + "/hs_err.log", "hs_err_pid4711.log");
    }
  }

  private void copy(String resource, String name) throws IOException {
    try (InputStream stream = ReporterTest.class.getResourceAsStream(resource)) {
      Files.write(directory.resolve(name), stream.readAllBytes());
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream stream = ReporterTest.class.getResourceAsStream(name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"kernel", "full", "killed"})
  void golden(String level) throws IOException {
    recorded(level);
    Reporter.rebuild(directory);
    String json = Files.readString(directory.resolve("report.json"));

    assertEquals(
        resource(level + "/report.txt"),
        scrubbed(Files.readString(directory.resolve("report.txt"))));
    assertEquals(resource(level + "/report.json"), scrubbed(json));
    assertEquals(json, ReportJson.write(ReportJson.read(json)));
    assertValid(json);
  }

  private String scrubbed(String text) {
    return text.replace(directory.toString(), "/reports/" + ID);
  }

  private static void assertValid(String json) throws IOException {
    try (InputStream schema = Report.class.getResourceAsStream("report.schema.json")) {
      assertEquals(
          List.of(),
          SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
              .getSchema(
                  new String(schema.readAllBytes(), StandardCharsets.UTF_8)
                      .replace("\"x-values\"", "\"enum\""),
                  InputFormat.JSON)
              .validate(json, InputFormat.JSON));
    }
  }

  @Test
  void anyTruncationOfTheEvidenceGivesAReport() throws IOException {
    byte[] whole = Files.readAllBytes(directory.resolve("evidence.ndjson"));
    for (int length = 0; length < whole.length; length += 211) {
      Files.write(directory.resolve("evidence.ndjson"), Arrays.copyOf(whole, length));
      Report report = Reporter.rebuild(directory).report();
      assertValid(ReportJson.write(report));
      assertFalse(ReportText.write(report).isEmpty());
    }
  }

  @Test
  void firstScreenStandsAlone() throws IOException {
    Report report = Reporter.rebuild(directory).report();
    List<String> lines = ReportText.write(report).lines().toList();
    int end = lines.indexOf("");

    assertTrue(end > 8 && end <= 24, () -> "" + end);
    assertTrue(lines.get(0).startsWith("JMORTEM   vm-crash (certain)"), lines.get(0));
    assertTrue(lines.stream().allMatch(line -> line.length() <= 100));
    assertTrue(lines.stream().allMatch(line -> line.chars().allMatch(c -> c >= ' ' && c < 0x7f)));
  }

  private static Optional<Reporter.Result> report(Path path) throws IOException {
    try (ReportDirectory directory =
        ReportDirectory.ofDescriptors(path.toString(), path, path.getParent())) {
      return Reporter.report(
          directory, InputStream.nullInputStream(), OutputStream.nullOutputStream());
    }
  }

  @Test
  void noDeathIsNoReport() throws IOException {
    Path none = Files.createDirectory(parent.resolve("." + ID + ".partial"));
    Files.writeString(
        none.resolve("evidence.ndjson"),
        """
        {"id":"e1","event":"armed","timeUnixNano":"1","level":"agent","pid":4711}
        {"id":"e2","event":"complete","timeUnixNano":"2","reporter":true}
        """);

    assertTrue(report(none).isEmpty());
    assertFalse(Files.exists(none));
  }
}
