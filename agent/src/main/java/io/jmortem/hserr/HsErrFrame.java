// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One frame of a stack in the log. Java frames have a class and a method, the others a library and
 * perhaps a function; what is unknown is null, a bci -1.
 *
 * @param kind by the letter in the log: {@code j} interpreted, {@code J} compiled, {@code V} vm,
 *     {@code v} stub, {@code C} native
 * @param function with its offset, as printed
 * @param file and line of a VM function, where the VM has debug information
 */
public record HsErrFrame(
    Kind kind,
    String className,
    String method,
    String descriptor,
    int bci,
    String library,
    String libraryOffset,
    String function,
    String file,
    int line,
    String pc) {

  /** What code the frame runs. */
  public enum Kind {
    INTERPRETED,
    COMPILED,
    VM,
    STUB,
    NATIVE
  }

  /** {@code class.method(descriptor)result}, with nothing in it that a class name can't have. */
  private static final String METHOD = "(\\S+)\\.([^\\s.(]+)(\\([^\\s)]*\\)[^\\s+]+)";

  /** HotSpot cuts its lines at 2000 bytes. */
  private static final int MAX_LINE = 4096;

  private static final Pattern INTERPRETED_FRAME =
      Pattern.compile("[jA] +" + METHOD + "\\+(\\d+).*");

  private static final Pattern COMPILED_FRAME =
      Pattern.compile(
          "[JA] +\\d{1,9}%? ?(?:\\w{1,20} +)?" + METHOD + "(?:.* @ (0x\\p{XDigit}+))?.*");

  private static final Pattern LIBRARY_FRAME =
      Pattern.compile("[VC] +\\[([^\\s\\]]*)\\+(0x\\p{XDigit}+)\\] *(.*)");

  private static final Pattern SOURCE = Pattern.compile("(.*) \\(([^\\s()]+):(\\d+)\\)");

  private static final Pattern BARE_PC = Pattern.compile("[VC] +(0x\\p{XDigit}+).*");

  private static final Pattern STUB_FRAME = Pattern.compile("v +(~.*?)(?: (0x\\p{XDigit}+))?");

  /** Parses a line of the log; empty if it is no frame. */
  public static Optional<HsErrFrame> parse(String line) {
    if (line.length() > MAX_LINE) {
      return Optional.empty();
    }
    Matcher matcher = INTERPRETED_FRAME.matcher(line);
    if (matcher.matches()) {
      return Optional.of(java(Kind.INTERPRETED, matcher, bci(matcher.group(4)), null));
    }
    matcher = COMPILED_FRAME.matcher(line);
    if (matcher.matches()) {
      return Optional.of(java(Kind.COMPILED, matcher, -1, matcher.group(4)));
    }
    matcher = LIBRARY_FRAME.matcher(line);
    if (matcher.matches()) {
      return Optional.of(inLibrary(line.charAt(0) == 'V' ? Kind.VM : Kind.NATIVE, matcher));
    }
    matcher = STUB_FRAME.matcher(line);
    if (matcher.matches()) {
      return Optional.of(
          new HsErrFrame(
              Kind.STUB,
              null,
              null,
              null,
              -1,
              null,
              null,
              matcher.group(1),
              null,
              -1,
              matcher.group(2)));
    }
    matcher = BARE_PC.matcher(line);
    if (matcher.matches()) {
      Kind kind = line.charAt(0) == 'V' ? Kind.VM : Kind.NATIVE;
      return Optional.of(
          new HsErrFrame(kind, null, null, null, -1, null, null, null, null, -1, matcher.group(1)));
    }
    return Optional.empty();
  }

  private static int bci(String digits) {
    return digits.length() > 5 ? -1 : Integer.parseInt(digits); // code has at most 65535 bytes
  }

  private static HsErrFrame java(Kind kind, Matcher matcher, int bci, String pc) {
    return new HsErrFrame(
        kind,
        matcher.group(1),
        matcher.group(2),
        matcher.group(3),
        bci,
        null,
        null,
        null,
        null,
        -1,
        pc);
  }

  private static HsErrFrame inLibrary(Kind kind, Matcher matcher) {
    String function = matcher.group(3).strip();
    String file = null;
    int line = -1;
    Matcher source = SOURCE.matcher(function);
    if (source.matches() && source.group(3).length() < 9) {
      function = source.group(1).strip();
      file = source.group(2);
      line = Integer.parseInt(source.group(3));
    }
    return new HsErrFrame(
        kind,
        null,
        null,
        null,
        -1,
        matcher.group(1),
        matcher.group(2),
        function.isEmpty() ? null : function,
        file,
        line,
        null);
  }

  /** Whether it is a method of Java. */
  public boolean isJava() {
    return className != null;
  }
}
