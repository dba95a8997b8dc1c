// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The options of the agent; the commands that watch JVMs have the same ones. Values are checked
 * when they are parsed. An option with a wrong value keeps its default, and {@link #problems()}
 * gets one sentence about it.
 */
public final class AgentOptions {

  /** Signal names of Linux on x86-64 and aarch64, by number. */
  private static final String[] SIGNALS = {
    "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU",
    "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"
  };

  /** Signals that terminate a process, without QUIT, which makes a JVM dump its threads. */
  private static final String DEFAULT_SIGNALS =
      "HUP;INT;ILL;TRAP;ABRT;BUS;FPE;KILL;SEGV;TERM;XCPU;XFSZ;SYS";

  private static final String DURATION = "a duration such as 500ms, 3s or 2m";

  /** Longest time that a dying JVM may be delayed; the helper has the same limit. */
  private static final long MAX_DEADLINE_MILLIS = 60_000;

  /** Reports in one directory; the reporter has the same limit. */
  private static final long MAX_KEPT = 10_000;

  private final Map<String, String> values = new LinkedHashMap<>();
  private final Set<String> given = new HashSet<>();
  private final List<String> problems = new ArrayList<>();

  private AgentOptions() {
    values.put("dir", "jmortem-reports");
    values.put("freeze", "auto");
    values.put("hold", "auto");
    values.put("deadline", "3s");
    values.put("marker", "auto");
    values.put("snapshot", "60s");
    values.put("signals", DEFAULT_SIGNALS);
    values.put("on-exit", "nonzero");
    values.put("redact", "on");
    values.put("keep", "20");
    values.put("keep-size", "1G");
    values.put("keep-age", "off");
    values.put("helper", "");
    values.put("tags", "");
    values.put("termination-message", "");
    values.put("daemon", "auto");
  }

  /**
   * Parses {@code key=value,key=value}. Never fails.
   *
   * @param text null or empty for the defaults
   */
  public static AgentOptions parse(String text) {
    AgentOptions options = new AgentOptions();
    if (text != null) {
      for (String pair : split(text, ',')) {
        if (!pair.isEmpty()) {
          options.set(pair);
        }
      }
    }
    return options;
  }

  /**
   * Takes pairs whose values may contain commas. Never fails.
   *
   * @param pairs in their order; of a repeated key the last value counts, but tags add up
   */
  public static AgentOptions of(Map<String, String> pairs) {
    AgentOptions options = new AgentOptions();
    for (Map.Entry<String, String> pair : pairs.entrySet()) {
      options.set(pair.getKey(), pair.getValue());
    }
    return options;
  }

  private void set(String pair) {
    int equals = pair.indexOf('=');
    set(
        (equals < 0 ? pair : pair.substring(0, equals)).trim(),
        equals < 0 ? "" : pair.substring(equals + 1).trim());
  }

  private void set(String key, String value) {
    if (!values.containsKey(key)) {
      problems.add("unknown option '" + key + "'; valid: " + String.join(", ", values.keySet()));
      return;
    }
    String expected = wrong(key, value);
    if (expected != null) {
      problems.add(
          "option "
              + key
              + "='"
              + value
              + "': expected "
              + expected
              + "; using "
              + values.get(key));
      return;
    }
    boolean another = key.equals("tags") && !values.get(key).isEmpty();
    values.put(key, another ? values.get(key) + ";" + value : value);
    given.add(key);
  }

  /** Returns what would have been valid, or null if the value is valid. */
  private static @Nullable String wrong(String key, String value) {
    return switch (key) {
      case "freeze", "hold" -> oneOf(value, "auto", "on", "off");
      case "marker" -> oneOf(value, "auto", "uprobe", "fentry", "syscalls", "delivery", "none");
      case "on-exit" -> oneOf(value, "never", "nonzero", "always");
      case "redact" -> oneOf(value, "on", "off");
      case "deadline" -> {
        long deadline = millis(value);
        yield deadline > 0 && deadline <= MAX_DEADLINE_MILLIS ? null : DURATION + ", at most 60s";
      }
      case "snapshot" ->
          value.equals("off") || millis(value) >= 100 ? null : DURATION + ", at least 100ms; off";
      case "keep" ->
          number(value) > 0 && number(value) <= MAX_KEPT ? null : "a whole number from 1 to 10000";
      case "keep-size" ->
          value.equals("off") || bytes(value) > 0 ? null : "a size such as 200M or 1G; off";
      case "keep-age" ->
          value.equals("off") || seconds(value) > 0 ? null : "an age such as 12h or 30d; off";
      case "signals" ->
          signalNumbers(value) != null ? null : "signal names separated by ';', such as KILL;TERM";
      case "tags" -> value.indexOf(':') > 0 ? null : "k:v pairs separated by ';'";
      case "termination-message" ->
          value.startsWith("/") || oneOf(value, "auto", "off") == null ? null : "a path, auto, off";
      case "daemon" ->
          value.equals("auto") || value.equals("off") || (value.startsWith("/") && isPath(value))
              ? null
              : "auto, off or an absolute path";
      // it need not be a path in this locale: the helper gets the bytes
      case "dir" -> value.isEmpty() ? "a path" : null;
      default -> isPath(value) ? null : "a path";
    };
  }

  private static @Nullable String oneOf(String value, String... valid) {
    for (String each : valid) {
      if (each.equals(value)) {
        return null;
      }
    }
    return "one of " + String.join(", ", valid);
  }

  private static boolean isPath(String value) {
    try {
      return !value.isEmpty() && Path.of(value) != null;
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** A whole number up to a billion, or -1. */
  private static long number(String value) {
    if (value.isEmpty() || value.length() > 9) {
      return -1;
    }
    long number = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      number = number * 10 + (c - '0');
    }
    return number;
  }

  /** Milliseconds of {@code 500ms}, {@code 3s}, {@code 2m} or {@code 3} (seconds), or -1. */
  static long millis(String value) {
    String unit = "";
    String digits = value;
    for (String each : new String[] {"ms", "s", "m"}) {
      if (value.endsWith(each)) {
        unit = each;
        digits = value.substring(0, value.length() - each.length());
        break;
      }
    }
    long number = number(digits);
    if (number < 0) {
      return -1;
    }
    return switch (unit) {
      case "ms" -> number;
      case "m" -> number * 60_000;
      default -> number * 1000;
    };
  }

  /** Bytes of {@code 500K}, {@code 200M}, {@code 1G} or {@code 4096}, or -1. */
  public static long bytes(String value) {
    int unit = value.isEmpty() ? -1 : "KMG".indexOf(value.charAt(value.length() - 1));
    long number = number(unit < 0 ? value : value.substring(0, value.length() - 1));
    return number < 0 ? -1 : number << (10 * (unit + 1));
  }

  /** Seconds of {@code 90m}, {@code 12h}, {@code 30d} or {@code 8w}, or -1. */
  public static long seconds(String value) {
    if (value.isEmpty()) {
      return -1;
    }
    long number = number(value.substring(0, value.length() - 1));
    if (number < 0) {
      return -1;
    }
    return switch (value.charAt(value.length() - 1)) {
      case 's' -> number;
      case 'm' -> number * 60;
      case 'h' -> number * 3600;
      case 'd' -> number * 86_400;
      case 'w' -> number * 7 * 86_400;
      default -> -1;
    };
  }

  /** Returns numbers separated by commas, or null if a name is not a signal. */
  static @Nullable String signalNumbers(String value) {
    StringBuilder numbers = new StringBuilder();
    for (String name : split(value, ';')) {
      int number = signalNumber(name.startsWith("SIG") ? name.substring(3) : name);
      if (number <= 0) {
        return null;
      }
      numbers.append(numbers.length() == 0 ? "" : ",").append(number);
    }
    return numbers.toString();
  }

  private static int signalNumber(String name) {
    for (int i = 1; i < SIGNALS.length; i++) {
      if (SIGNALS[i].equals(name)) {
        return i;
      }
    }
    long number = number(name);
    return number < SIGNALS.length ? (int) number : -1;
  }

  private static List<String> split(String text, char separator) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == separator) {
        parts.add(text.substring(start, i));
        start = i + 1;
      }
    }
    return parts;
  }

  /** One sentence for each option that was unknown or had a wrong value. */
  public List<String> problems() {
    return problems;
  }

  /** The value as the user wrote it, or the default. */
  public String value(String key) {
    return Objects.requireNonNull(values.get(key), key);
  }

  /** Whether the user gave a valid value; otherwise it is the default. */
  boolean isGiven(String key) {
    return given.contains(key);
  }

  long deadlineMillis() {
    return millis(value("deadline"));
  }

  /** 0 for off. */
  long snapshotMillis() {
    String value = value("snapshot");
    return value.equals("off") ? 0 : millis(value);
  }

  String signalNumbers() {
    return Objects.requireNonNull(signalNumbers(value("signals"))); // of() has checked it
  }

  /**
   * The options that only the reporter needs, as {@code key=value} lines: a size in bytes, an age
   * in seconds, and 0 for no limit.
   */
  String reportOptions() {
    StringBuilder lines = new StringBuilder(lines("marker", "snapshot", "redact", "keep"));
    append(lines, "keep-size", Long.toString(Math.max(bytes(value("keep-size")), 0)));
    append(lines, "keep-age", Long.toString(Math.max(seconds(value("keep-age")), 0)));
    append(lines, "tags", value("tags"));
    return lines.toString();
  }

  /** Those that concern this JVM's own report alone: the daemon takes no other. */
  String ownReportOptions() {
    return lines("snapshot", "redact", "tags");
  }

  private String lines(String... keys) {
    StringBuilder lines = new StringBuilder();
    for (String key : keys) {
      append(lines, key, value(key));
    }
    return lines.toString();
  }

  private static void append(StringBuilder lines, String key, String value) {
    lines.append(key).append('=').append(value).append('\n');
  }
}
