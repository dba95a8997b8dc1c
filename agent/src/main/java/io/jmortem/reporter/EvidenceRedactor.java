// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import io.jmortem.evidence.Event;
import io.jmortem.evidence.EvidenceLines;
import io.jmortem.evidence.EvidenceSchema;
import io.jmortem.redact.Redactor;
import io.jmortem.snapshot.ThreadSnapshot;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Writer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Redacts the evidence after the report was made from it. Every text and every name passes the
 * redactor, except fields that can't hold foreign text according to {@link EvidenceSchema}. It
 * works line by line and token by token: a line of any length needs no more memory than its longest
 * text.
 */
final class EvidenceRedactor {

  /** Longer lines are not read again, so they are dropped; a text is held in memory as a whole. */
  private static final int MAX_LINE = EvidenceLines.MAX_LINE;

  private static final int MAX_DEPTH = 100;

  /** How many malformed lines are reported, as in EvidenceReader. */
  private static final int MAX_PROBLEMS = 20;

  /** Longer texts are not copied once more as a whole. */
  private static final int LONG_TEXT = 64 * 1024;

  private static final int MAX_KEYS = 1000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(MAX_LINE)
                  .maxNestingDepth(MAX_DEPTH)
                  .build())
          .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT) // incomplete JSON stays incomplete
          .build();

  /**
   * The name of a field.
   *
   * @param written the name after redaction
   * @param isSecret whether its value is always redacted
   */
  private record Key(@Nullable String written, boolean isSecret) {}

  private final Redactor redactor;
  private final OutputStream output;
  private final int maxLine;
  private final Map<String, Key> keys = new HashMap<>();

  // the safe fields of each object and list around the current position
  private final EvidenceSchema.Node[] around = new EvidenceSchema.Node[MAX_DEPTH + 2];
  private int depth;
  private int secretDepth; // depth at which everything is secret; -1 if none
  private @Nullable String event;
  private @Nullable String name; // name of the event's file

  private EvidenceRedactor(Redactor redactor, OutputStream output, int maxLine) {
    this.redactor = redactor;
    this.output = output;
    this.maxLine = maxLine;
  }

  /**
   * Copies the evidence without its secrets. A line that is not JSON, or longer than 48 Mi
   * characters, is replaced by a problem; if much of it was written already, it ends there.
   *
   * @throws IOException if the evidence can't be read or written
   */
  static void redact(InputStream evidence, OutputStream to, Redactor redactor) throws IOException {
    redact(evidence, to, redactor, MAX_LINE);
  }

  /** The same with another bound. */
  static void redact(InputStream evidence, OutputStream to, Redactor redactor, int maxLine)
      throws IOException {
    if (!redactor.isOn()) {
      evidence.transferTo(to);
      return;
    }
    OutputStream buffered = new BufferedOutputStream(to, 64 * 1024);
    new EvidenceRedactor(redactor, buffered, maxLine).redact(evidence);
    buffered.flush();
  }

  private void redact(InputStream evidence) throws IOException {
    LinesReader lines = new LinesReader(evidence, maxLine);
    RevocableOutput line = new RevocableOutput(output);
    int problems = 0;
    for (int number = 1; lines.next(); number++) {
      String problem = null;
      boolean isEvent = false;
      try {
        isEvent = line(lines, line);
      } catch (JacksonException e) {
        problem = e.getOriginalMessage();
      }
      if (lines.skipRest()) {
        problem = "longer than " + maxLine + " characters";
      } else if (!isEvent && problem == null && !lines.isBlank()) {
        problem = "no event";
      }
      boolean isTold = problem != null && ++problems <= MAX_PROBLEMS;
      boolean isLeft = problem == null ? line.end() : line.revoke();
      if (isLeft) {
        output.write('\n');
      }
      if (isTold) {
        problem(number, problem);
      }
    }
  }

  private void problem(int number, @Nullable String what) throws IOException {
    try (JsonGenerator generator = FACTORY.createGenerator(output)) {
      generator.writeStartObject();
      generator.writeStringField("id", "r" + number);
      generator.writeStringField("event", "problem");
      generator.writeStringField("timeUnixNano", "0");
      generator.writeStringField("part", Event.Parts.RECORDS);
      generator.writeStringField(
          "what", "evidence.ndjson line " + number + ": " + redactor.text(String.valueOf(what)));
      generator.writeEndObject();
    }
    output.write('\n');
  }

  /** Copies one event; false if there is none. */
  private boolean line(LinesReader from, OutputStream to) throws IOException {
    depth = 0;
    secretDepth = -1;
    event = null;
    name = null;
    try (JsonParser parser = FACTORY.createParser(from);
        JsonGenerator generator = FACTORY.createGenerator(to)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      EvidenceSchema.Node field = EvidenceSchema.Node.UNKNOWN; // the name of the next value
      do {
        field = token(parser, generator, field);
      } while (depth > 0 && parser.nextToken() != null);
      return depth == 0;
    }
  }

  /** Copies a token; returns what is known about the next one. */
  private EvidenceSchema.Node token(
      JsonParser parser, JsonGenerator generator, EvidenceSchema.Node field) throws IOException {
    JsonToken token = parser.currentToken();
    boolean isSecret = secretDepth >= 0;
    switch (token) {
      case START_OBJECT, START_ARRAY -> around[depth++] = field;
      case END_OBJECT, END_ARRAY -> depth--;
      case FIELD_NAME -> {
        return fieldName(parser, generator);
      }
      case VALUE_STRING -> {
        if (isSecret) {
          generator.writeString(Redactor.REDACTED);
        } else {
          text(parser, generator, field);
        }
      }
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
        if (isSecret) {
          generator.writeString(Redactor.REDACTED);
        } else {
          generator.copyCurrentEventExact(parser);
        }
      }
      default -> {}
    }
    if (!token.isNumeric() && token != JsonToken.VALUE_STRING) {
      generator.copyCurrentEvent(parser);
    }
    if (!token.isStructStart() && depth <= secretDepth) {
      secretDepth = -1;
    }
    return depth == 0 ? EvidenceSchema.Node.UNKNOWN : around[depth - 1]; // the elements of a list
  }

  private EvidenceSchema.Node fieldName(JsonParser parser, JsonGenerator generator)
      throws IOException {
    String field = parser.currentName();
    Key key = key(field);
    generator.writeFieldName(key.written());
    if (key.isSecret() && secretDepth < 0) {
      secretDepth = depth;
    }
    return depth == 1 ? EvidenceSchema.ofEvent(event).field(field) : around[depth - 1].field(field);
  }

  private Key key(String field) {
    Key known = keys.get(field);
    if (known == null) {
      known =
          EvidenceSchema.isName(field)
              ? new Key(field, false)
              : new Key(redactor.text(field), redactor.isSecret(field));
      if (keys.size() < MAX_KEYS) {
        keys.put(field, known);
      }
    }
    return known;
  }

  private void text(JsonParser parser, JsonGenerator generator, EvidenceSchema.Node field)
      throws IOException {
    if (depth == 1 && parser.currentName().equals("event")) {
      event = parser.getText();
      name = null;
    } else if (depth == 1 && parser.currentName().equals("name")) {
      name = parser.getText();
    }
    if (!field.isForeign()) {
      generator.writeString(
          parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
    } else if (isCommandLine(parser)) {
      String[] arguments = parser.getText().split("\0", -1);
      generator.writeString(String.join("\0", redactor.arguments(Arrays.asList(arguments))));
    } else if ("snapshot".equals(event) && depth == 1 && parser.currentName().equals("text")) {
      generator.writeString(ThreadSnapshot.changed(parser.getText(), redactor::text));
    } else if (parser.getTextLength() < LONG_TEXT) {
      generator.writeString(redactor.text(parser.getText()));
    } else {
      try (JsonText text = new JsonText(generator);
          Writer redacting = redactor.writer(text)) {
        parser.getText(redacting);
      }
    }
  }

  /** Arguments, each ended by NUL. */
  private boolean isCommandLine(JsonParser parser) throws IOException {
    return depth == 1
        && (("signal_sent".equals(event) && parser.currentName().equals("command_line"))
            || ("proc_file".equals(event)
                && "cmdline".equals(name)
                && parser.currentName().equals("text")));
  }
}
