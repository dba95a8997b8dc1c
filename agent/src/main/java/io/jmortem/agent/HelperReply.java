// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.util.List;
import java.util.Locale;

/**
 * The lines that the helper writes to whoever started it; {@code docs/internals/protocols.md} lists
 * them, {@code reply.c} writes them. This is the one that tells whether the JVM is watched: {@code
 * armed LEVEL PID} or {@code failed REASON WHY}.
 *
 * @param level {@code full}, {@code memory}, {@code kernel} or {@code agent}; {@code none} where it
 *     has failed
 * @param helperPid of the process that watches now; empty where it has failed
 * @param refusal why it has failed; {@link Refusal#NONE} where it has not
 * @param why the same for people, one line; empty where it has not failed
 */
public record HelperReply(String level, String helperPid, Refusal refusal, String why) {

  /** Before a pid that is to be allowed to trace the JVM. */
  public static final String ALLOW = "allow ";

  /** Before the path of the report. */
  public static final String REPORT = "report ";

  /** Before the status of the JVM that has ended. */
  public static final String ENDED = "ended ";

  private static final String ARMED = "armed ";
  private static final String FAILED = "failed ";
  private static final List<String> LEVELS = List.of("full", "memory", "kernel", "agent");

  /** As long as the helper's own reasons may be (reply.c). */
  private static final int MAX_WHY = 1000;

  /** Why a JVM is not watched. In a line, a reason has its constant's name in small letters. */
  public enum Refusal {
    /** It is watched. */
    NONE,
    /** The helper did not understand its configuration. */
    CONFIGURATION,
    /** The process can't be opened, or belongs to a user that is not ours. */
    PROCESS,
    /** Another helper watches it already. */
    WATCHED,
    /** Too many JVMs of this user are watched. */
    QUOTA,
    /** The helper lacks a process or memory. */
    SYSTEM,
    /** The agent or the command could not even ask; also any reason that is not known. */
    OTHER;

    /** As it stands in the line. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }

    private static Refusal of(String word) {
      for (Refusal each : values()) {
        if (each != NONE && each.toString().equals(word)) {
          return each;
        }
      }
      return OTHER;
    }
  }

  /**
   * Parses a line. The line is not trusted: `attach` reads it from the system properties of a JVM
   * that may be a different program.
   *
   * @param line null where there was none
   */
  public static HelperReply parse(String line) {
    if (line == null) {
      return failed("the helper ended without an answer");
    }
    String start = line.substring(0, Math.min(line.length(), FAILED.length() + MAX_WHY));
    int space = start.lastIndexOf(' ');
    if (start.startsWith(ARMED) && space > ARMED.length()) {
      String level = start.substring(ARMED.length(), space);
      String pid = start.substring(space + 1);
      if (LEVELS.contains(level) && isPid(pid)) {
        return new HelperReply(level, pid, Refusal.NONE, "");
      }
    }
    return start.startsWith(FAILED)
        ? parseFailed(start.substring(FAILED.length()))
        : failed(
            "this is not an answer of the helper: "
                + Stderr.printable(start.substring(0, Math.min(start.length(), 80))));
  }

  private static HelperReply parseFailed(String reasonAndWhy) {
    int space = reasonAndWhy.indexOf(' ');
    String reason = space < 0 ? reasonAndWhy : reasonAndWhy.substring(0, space);
    return new HelperReply(
        "none",
        "",
        Refusal.of(reason),
        Stderr.printable(space < 0 ? "" : reasonAndWhy.substring(space + 1)));
  }

  private static boolean isPid(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return !text.isEmpty() && text.length() <= 10;
  }

  /** A failure that the helper did not report itself. */
  static HelperReply failed(String why) {
    return new HelperReply("none", "", Refusal.OTHER, why);
  }

  /** Whether the JVM is watched now. */
  public boolean isArmed() {
    return refusal == Refusal.NONE;
  }

  /** The line. */
  @Override
  public String toString() {
    return isArmed() ? ARMED + level + " " + helperPid : FAILED + refusal + " " + why;
  }
}
