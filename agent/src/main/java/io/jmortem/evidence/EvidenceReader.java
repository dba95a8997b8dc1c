// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads {@code evidence.ndjson}. A line that is not an event becomes a problem, and the other lines
 * are used. It may be cut off because the helper died or the disk filled up. Lines that would take
 * too much memory become problems, too; {@link EvidenceBudget} and {@link EvidenceLines} have the
 * limits.
 */
public final class EvidenceReader {

  static final String STACKS = "stacks";

  /** The helper's evidence has a depth below ten. */
  private static final int MAX_DEPTH = 100;

  /** JSON tokens in a line of stacks: enough for some 10,000 threads. */
  private static final int MAX_STACKS_TOKENS = 6_000_000;

  /** The same for any other line: far more than the helper writes. */
  private static final int MAX_TOKENS = 100_000;

  private final ObjectReader stacks;
  private final ObjectReader others;

  /**
   * @param strict whether a field that is not known makes a line a problem; for tests, in which C
   *     and Java must agree
   */
  public EvidenceReader(boolean strict) {
    this.stacks = reader(strict, MAX_STACKS_TOKENS);
    this.others = reader(strict, MAX_TOKENS);
  }

  private static ObjectReader reader(boolean strict, int maxTokens) {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxStringLength(EvidenceLines.MAX_LINE)
                    .maxNestingDepth(MAX_DEPTH)
                    .maxTokenCount(maxTokens)
                    .build())
            .build();
    return JsonMapper.builder(factory)
        .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, strict)
        .configure(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES, false)
        .build()
        .readerFor(Event.class);
  }

  /**
   * Reads evidence to its end.
   *
   * @throws IOException if it can't be read
   */
  public Evidence read(InputStream stream) throws IOException {
    return read(stream, true);
  }

  /**
   * Reads evidence without the stacks, which may be too large.
   *
   * @throws IOException if it can't be read
   */
  public Evidence readWithoutStacks(InputStream stream) throws IOException {
    return read(stream, false);
  }

  private Evidence read(InputStream stream, boolean withStacks) throws IOException {
    EvidenceLines lines = new EvidenceLines(stream);
    EvidenceBudget budget = new EvidenceBudget();
    while (lines.next()) {
      if (isBlank(lines)) {
        continue;
      }
      String kind = EvidenceBudget.kindOf(lines);
      if (lines.isTooLong() || (!withStacks && kind.equals(STACKS))) {
        budget.leaveOut(kind, lines);
      } else if (budget.hasRoomFor(kind, lines)) {
        readLine(lines, kind, budget);
      }
    }
    return budget.evidence(lines.isCut());
  }

  private static boolean isBlank(EvidenceLines lines) {
    for (int i = 0; i < lines.kept(); i++) {
      if ((lines.bytes()[i] & 0xff) > ' ') {
        return false;
      }
    }
    return !lines.isTooLong();
  }

  private void readLine(EvidenceLines lines, String kind, EvidenceBudget budget)
      throws IOException {
    ObjectReader reader = kind.equals(STACKS) ? stacks : others;
    try (JsonParser parser = reader.createParser(lines.bytes(), 0, lines.kept())) {
      Event event = reader.readValue(parser);
      if (event != null && event.id() != null) {
        budget.keep(event, kind, lines, parser.currentTokenCount());
      } else {
        budget.failed(kind, lines, "no event");
      }
    } catch (JacksonException e) {
      if (kind.equals(STACKS) && isTooMuch(e)) {
        budget.leaveOut(kind, lines);
      } else {
        budget.failed(kind, lines, e.getOriginalMessage());
      }
    }
  }

  private static boolean isTooMuch(Throwable e) {
    return e instanceof StreamConstraintsException
        || (e.getCause() != null && isTooMuch(e.getCause()));
  }
}
