// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.jmortem.report.TerminalText;
import java.io.IOException;
import java.io.InputStream;

/**
 * The few facts of a {@code report.json} that a list shows, read without the threads. Anybody may
 * have written the file: malformed parts are left out, and control characters are replaced.
 *
 * @param timestamp ISO 8601; empty if the report has none
 * @param category such as {@code vm-crash}
 * @param confidence {@code certain}, {@code likely} or {@code possible}
 * @param summary one sentence
 * @param fingerprint equal for deaths of the same kind
 */
public record ReportSummary(
    String timestamp, String category, String confidence, String summary, String fingerprint) {

  private static final JsonFactory JSON = new JsonFactory();

  private static final int MAX_LENGTH = 1000;

  /** It is one of the first fields; more are not looked at. */
  private static final int BEFORE_IDENTITY = 8;

  /** Larger files are not read; the facts are at the beginning. */
  private static final long MAX_FILE = 64L << 20;

  /** Stands for a report that can't be read. */
  static final ReportSummary NONE =
      new ReportSummary(
          "", "unknown", "possible", "no verdict; run `jmortem rebuild` to make one", "");

  /** The summary of a report, or {@link #NONE} if it can't be read. */
  static ReportSummary of(StoredReport report) {
    try (InputStream stream = report.read("report.json", MAX_FILE);
        JsonParser parser = JSON.createParser(stream)) {
      return new Fields().read(parser);
    } catch (IOException e) {
      return NONE;
    }
  }

  /**
   * Which JVM a report is about: the field {@code identity}, which stands before anything large.
   *
   * @return empty if the report does not tell, or can't be read
   */
  static String identity(StoredReport report) {
    try (InputStream stream = report.read("report.json", MAX_FILE);
        JsonParser parser = JSON.createParser(stream)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        for (int i = 0; i < BEFORE_IDENTITY && parser.nextToken() == JsonToken.FIELD_NAME; i++) {
          String name = parser.currentName();
          if (!parser.nextToken().isScalarValue()) {
            return "";
          }
          if (name.equals("identity")) {
            return Fields.text(parser);
          }
        }
      }
    } catch (IOException e) {
      // as a report that does not tell
    }
    return "";
  }

  private static final class Fields {

    private String timestamp = "";
    private String category = "unknown";
    private String confidence = "";
    private String summary = "";
    private String fingerprint = "";

    ReportSummary read(JsonParser parser) throws IOException {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        while (!isComplete() && parser.nextToken() == JsonToken.FIELD_NAME) {
          readField(parser, parser.currentName());
        }
      }
      return new ReportSummary(timestamp, category, confidence, summary, fingerprint);
    }

    /** Whether all fields were read; we write them before the threads. */
    private boolean isComplete() {
      return !summary.isEmpty() && !fingerprint.isEmpty();
    }

    private void readField(JsonParser parser, String name) throws IOException {
      parser.nextToken();
      switch (name) {
        case "timestamp" -> timestamp = text(parser);
        case "fingerprint" -> fingerprint = text(parser);
        case "diagnosis" -> readDiagnosis(parser);
        default -> parser.skipChildren();
      }
    }

    private void readDiagnosis(JsonParser parser) throws IOException {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        parser.skipChildren();
        return;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "category" -> category = text(parser);
          case "confidence" -> confidence = text(parser);
          case "summary" -> summary = text(parser);
          default -> parser.skipChildren();
        }
      }
    }

    private static String text(JsonParser parser) throws IOException {
      if (!parser.currentToken().isScalarValue()) {
        parser.skipChildren();
        return "";
      }
      String text = TerminalText.line(parser.getText());
      return text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) : text;
    }
  }
}
