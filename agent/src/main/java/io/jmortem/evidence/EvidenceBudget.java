// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Limits the memory that evidence takes, and counts what is left out. The reporter has a heap of
 * 384 MiB. Only forged evidence reaches these limits.
 */
final class EvidenceBudget {

  private static final int MAX_EVENTS = 200_000;

  /** Limit for the kept events, from the lengths of their lines and their JSON tokens. */
  private static final long MAX_BYTES = 96L << 20;

  /** Memory of a JSON token as a Java object. Stacks take less, because many frames are equal. */
  private static final int TOKEN_BYTES = 32;

  private static final int STACKS_TOKEN_BYTES = 12;

  /** Events of each kind that are always kept: the exit comes last. */
  private static final int RESERVED_EVENTS = 1000;

  /** The same in bytes, for lines that are not long. */
  private static final long RESERVED_BYTES = 16L << 20;

  private static final int NOT_LONG = 64 * 1024;

  /** After this many unreadable lines of a kind, the others of the kind are skipped. */
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

  /** Bounds the number of kinds that are counted: forged evidence may have any number. */
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

  /** Skips a line, and notes it. */
  void leaveOut(String kind, EvidenceLines lines) {
    if (kind.equals(EvidenceReader.STACKS)) {
      problem("the stacks of all threads are in the evidence, but too many to be shown");
    } else {
      problem(lines, lines.length() + " bytes, too long to be read");
    }
  }

  /** Notes a line that is not an event. */
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
   * The kept events, and the problems.
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
