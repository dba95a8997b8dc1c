// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What is kept of evidence, and what is said of the rest. The reporter has 384 MiB for all that it
 * does; no death has so many events but one that somebody has made up.
 */
final class EvidenceBudget {

  private static final int MAX_EVENTS = 200_000;

  /** What the events that are kept take, by the length of their lines and what is in them. */
  private static final long MAX_BYTES = 96L << 20;

  /**
   * What a word of JSON takes as an object, however short it is. In stacks there is less: of each
   * frame many are the same.
   */
  private static final int TOKEN_BYTES = 32;

  private static final int STACKS_TOKEN_BYTES = 12;

  /** So many of each kind are kept whatever else there is: the exit comes last. */
  private static final int RESERVED_EVENTS = 1000;

  /** The same for bytes, of lines that are not long. */
  private static final long RESERVED_BYTES = 16L << 20;

  private static final int NOT_LONG = 64 * 1024;

  /** So many of a kind that can't be read, and no more is tried: it would take too long. */
  private static final int MAX_FAILURES = 1000;

  private static final int MAX_KINDS = 64;
  private static final int MAX_PROBLEMS = 20;

  /** Behind the id, as the helper writes it. */
  private static final String EVENT = "\"event\":\"";

  private static final int EVENT_WITHIN = 256;

  private final List<Event> events = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final Map<String, Integer> failures = new HashMap<>();
  private long bytes;
  private long leftOut;
  private long moreProblems;

  /** The name of a line's event; empty where it is not at its beginning. */
  static String kindOf(EvidenceLines lines) {
    String head =
        new String(
            lines.bytes(), 0, Math.min(lines.kept(), EVENT_WITHIN), StandardCharsets.ISO_8859_1);
    int start = head.indexOf(EVENT) + EVENT.length();
    int end = head.indexOf('"', start);
    return start < EVENT.length() || end < 0 ? "" : head.substring(start, end);
  }

  /** Whether an event may still be kept. Where it may not, that is counted. */
  boolean hasRoomFor(String kind, EvidenceLines lines) {
    if (failures.getOrDefault(counted(kind, failures), 0) >= MAX_FAILURES) {
      moreProblems++;
      return false;
    }
    boolean isReserved =
        counts.getOrDefault(kind, 0) < RESERVED_EVENTS && counted(kind, counts).equals(kind);
    long all = bytes + lines.length();
    boolean fits =
        (events.size() < MAX_EVENTS || isReserved)
            && (all <= MAX_BYTES
                || (lines.length() <= NOT_LONG && all <= MAX_BYTES + RESERVED_BYTES));
    leftOut += fits ? 0 : 1;
    return fits;
  }

  /** Whoever makes up kinds may make up any number. */
  private static String counted(String kind, Map<String, Integer> in) {
    return in.containsKey(kind) || in.size() < MAX_KINDS ? kind : "";
  }

  /**
   * Keeps an event.
   *
   * @param tokens words of JSON in its line
   */
  void keep(Event event, String kind, EvidenceLines lines, long tokens) {
    events.add(event);
    counts.merge(counted(kind, counts), 1, Integer::sum);
    boolean isStacks = kind.equals(EvidenceReader.STACKS);
    bytes += Math.max(lines.length(), tokens * (isStacks ? STACKS_TOKEN_BYTES : TOKEN_BYTES));
  }

  /** A line that is not to be read, whatever it is. */
  void leaveOut(String kind, EvidenceLines lines) {
    if (kind.equals(EvidenceReader.STACKS)) {
      problem("the stacks of all threads are in the evidence, but too many to be shown");
    } else {
      problem(lines, lines.length() + " bytes, too long to be read");
    }
  }

  /** A line that is no event. */
  void failed(String kind, EvidenceLines lines, String what) {
    failures.merge(counted(kind, failures), 1, Integer::sum);
    problem(lines, what);
  }

  private void problem(EvidenceLines lines, String what) {
    problem("evidence.ndjson line " + lines.number() + ": " + what);
  }

  private void problem(String sentence) {
    if (problems.size() < MAX_PROBLEMS) {
      problems.add(sentence);
    } else {
      moreProblems++;
    }
  }

  /**
   * All that was kept.
   *
   * @param isCut whether not all lines were read
   */
  Evidence evidence(boolean isCut) {
    if (moreProblems > 0) {
      problems.add(
          String.format(Locale.ROOT, "evidence.ndjson: %d more lines can't be read", moreProblems));
    }
    if (leftOut > 0) {
      problems.add(
          String.format(
              Locale.ROOT,
              "evidence.ndjson: %d more events, too many to be read (%d were, which take %d MiB)",
              leftOut,
              events.size(),
              bytes >> 20));
    }
    if (isCut) {
      problems.add(
          String.format(
              Locale.ROOT,
              "evidence.ndjson: larger than any evidence; read up to %d MiB",
              EvidenceLines.MAX_TOTAL >> 20));
    }
    return new Evidence(List.copyOf(events), List.copyOf(problems));
  }
}
