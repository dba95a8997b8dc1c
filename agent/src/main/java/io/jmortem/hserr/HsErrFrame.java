// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One frame of a stack in the log. Java frames have a class and a method. Other frames have a
 * library, and perhaps a function. Unknown parts are null, an unknown bci is -1.
 *
 * @param kind from the letter in the log: {@code j} interpreted, {@code J} compiled, {@code V} vm,
 *     {@code v} stub, {@code C} native
 * @param function with its offset, as printed
 * @param file source file and line of a VM function, if the VM has debug information
 */
public record HsErrFrame(
    Kind kind,
    @Nullable String className,
    @Nullable String method,
    @Nullable String descriptor,
    int bci,
    @Nullable String library,
    @Nullable String libraryOffset,
    @Nullable String function,
    @Nullable String file,
    int line,
    @Nullable String pc) {

  /** The kind of code that the frame runs. */
  public enum Kind {
    INTERPRETED,
    COMPILED,
    VM,
    STUB,
    NATIVE
  }

  /** HotSpot cuts its lines at 2000 bytes. */
  private static final int MAX_LINE = 4096;

  private static final int MAX_COMPILE_ID_DIGITS = 9;
  private static final int MAX_COMPILER = 20;
  private static final int MAX_BCI_DIGITS = 5; // a method has at most 65535 bytes of code
  private static final int MAX_LINE_DIGITS = 8;

  /** Parses a line of the log; empty if it is not a frame. */
  public static Optional<HsErrFrame> parse(String line) {
    if (line.length() > MAX_LINE || line.length() < 3 || line.charAt(1) != ' ') {
      return Optional.empty();
    }
    Cursor at = new Cursor(line, 1);
    at.skipBlanks();
    return switch (line.charAt(0)) {
      case 'j' -> interpreted(line, at.index());
      case 'A' -> interpreted(line, at.index()).or(() -> compiled(line, at));
      case 'J' -> compiled(line, at);
      case 'V' -> inLibrary(Kind.VM, line, at);
      case 'C' -> inLibrary(Kind.NATIVE, line, at);
      case 'v' -> stub(line, at.index());
      default -> Optional.empty();
    };
  }

  // ---- Java

  /** {@code java.lang.Thread.run()V+19 java.base@26}. */
  private static Optional<HsErrFrame> interpreted(String line, int from) {
    for (int open = line.indexOf('(', from); open >= 0; open = line.indexOf('(', open + 1)) {
      int end = descriptorEnd(line, open);
      if (end > 0 && line.startsWith("+", end)) {
        String digits = new Cursor(line, end + 1).digits();
        int bci =
            digits.isEmpty() || digits.length() > MAX_BCI_DIGITS ? -1 : Integer.parseInt(digits);
        return digits.isEmpty()
            ? Optional.empty()
            : java(Kind.INTERPRETED, line, from, open, end, bci, null);
      }
    }
    return Optional.empty();
  }

  /** {@code 96% c2 a.B$C.<init>([Ljava/lang/String;I)V (743 bytes) @ 0x00007f88 [0x00007f80+8]}. */
  private static Optional<HsErrFrame> compiled(String line, Cursor at) {
    String id = at.digits();
    if (id.isEmpty() || id.length() > MAX_COMPILE_ID_DIGITS) {
      return Optional.empty();
    }
    at.skip("%");
    at.skipBlanks();
    Cursor behindCompiler = new Cursor(line, at.index());
    String compiler = behindCompiler.word();
    boolean hasCompiler =
        !compiler.isEmpty() && compiler.length() <= MAX_COMPILER && behindCompiler.skipBlanks();
    int from = hasCompiler ? behindCompiler.index() : at.index();
    for (int open = line.indexOf('(', from); open >= 0; open = line.indexOf('(', open + 1)) {
      int end = descriptorEnd(line, open);
      if (end > 0 && (end == line.length() || line.charAt(end) == ' ')) {
        int pc = line.lastIndexOf(" @ 0x");
        String address = pc < end ? "" : new Cursor(line, pc + 3).address();
        return java(Kind.COMPILED, line, from, open, end, -1, address.isEmpty() ? null : address);
      }
    }
    return Optional.empty();
  }

  /**
   * The end of a method's descriptor (JVM specification 4.3.3), or -1. Parentheses in names that
   * Kotlin or Spock generate are not descriptors.
   */
  private static int descriptorEnd(String line, int open) {
    int at = open + 1;
    while (at > 0 && at < line.length() && line.charAt(at) != ')') {
      at = typeEnd(line, at);
    }
    if (at < 0 || at + 1 >= line.length()) {
      return -1;
    }
    return line.charAt(at + 1) == 'V' ? at + 2 : typeEnd(line, at + 1);
  }

  private static int typeEnd(String line, int from) {
    int at = from;
    while (at < line.length() && line.charAt(at) == '[') {
      at++;
    }
    if (at == line.length()) {
      return -1;
    }
    char c = line.charAt(at);
    if (c != 'L') {
      return "BCDFIJSZ".indexOf(c) >= 0 ? at + 1 : -1;
    }
    while (at < line.length() && line.charAt(at) != ';') {
      c = line.charAt(at);
      if (c == '(' || c == ')' || c == ' ' || c == '[') {
        return -1;
      }
      at++;
    }
    return at < line.length() ? at + 1 : -1;
  }

  private static Optional<HsErrFrame> java(
      Kind kind, String line, int from, int open, int end, int bci, @Nullable String pc) {
    int dot = line.lastIndexOf('.', open);
    if (dot <= from || dot + 1 == open) {
      return Optional.empty();
    }
    return Optional.of(
        new HsErrFrame(
            kind,
            line.substring(from, dot),
            line.substring(dot + 1, open),
            line.substring(open, end),
            bci,
            null,
            null,
            null,
            null,
            -1,
            pc));
  }

  // ---- other code

  /** {@code [libjvm.so+0x12f7ff3] VMError::report()+0x2cf3 (os_linux.cpp:2857)}, or an address. */
  private static Optional<HsErrFrame> inLibrary(Kind kind, String line, Cursor at) {
    String pc = at.address();
    if (!pc.isEmpty()) {
      return Optional.of(other(kind, null, null, null, pc));
    }
    int from = at.index() + 1;
    if (!at.skip("[")) {
      return Optional.empty();
    }
    for (int plus = line.indexOf('+', from); plus >= 0; plus = line.indexOf('+', plus + 1)) {
      Cursor behind = new Cursor(line, plus + 1);
      String offset = behind.address();
      if (!offset.isEmpty() && behind.skip("]")) {
        String function = line.substring(behind.index()).strip();
        return Optional.of(withSource(kind, line.substring(from, plus), offset, function));
      }
    }
    return Optional.empty();
  }

  private static HsErrFrame withSource(Kind kind, String library, String offset, String function) {
    int open = function.lastIndexOf(" (");
    int colon = function.lastIndexOf(':');
    if (function.endsWith(")") && open >= 0 && colon > open + 2) {
      String file = function.substring(open + 2, colon);
      String line = function.substring(colon + 1, function.length() - 1);
      boolean isFile = file.indexOf(' ') < 0 && file.indexOf('(') < 0 && file.indexOf(')') < 0;
      boolean isLine = line.length() <= MAX_LINE_DIGITS && new Cursor(line).digits().equals(line);
      if (isFile && isLine && !line.isEmpty()) {
        String plain = function.substring(0, open).strip();
        return new HsErrFrame(
            kind,
            null,
            null,
            null,
            -1,
            library,
            offset,
            plain.isEmpty() ? null : plain,
            file,
            Integer.parseInt(line),
            null);
      }
    }
    return other(kind, library, offset, function.isEmpty() ? null : function, null);
  }

  /** {@code ~StubRoutines::call_stub 0x00007faa}; {@code blob 0x00007faa} has no name. */
  private static Optional<HsErrFrame> stub(String line, int from) {
    boolean isBlob = line.startsWith("blob ", from);
    if (!isBlob && !line.startsWith("~", from)) {
      return Optional.empty();
    }
    int blank = line.lastIndexOf(" 0x");
    Cursor at = new Cursor(line, blank + 1);
    String pc = blank < from ? "" : at.address();
    boolean hasPc = !pc.isEmpty() && at.isEnd();
    String name = hasPc ? line.substring(from, blank) : line.substring(from);
    return Optional.of(other(Kind.STUB, null, null, name, hasPc ? pc : null));
  }

  private static HsErrFrame other(
      Kind kind,
      @Nullable String library,
      @Nullable String offset,
      @Nullable String function,
      @Nullable String pc) {
    return new HsErrFrame(kind, null, null, null, -1, library, offset, function, null, -1, pc);
  }

  /** Whether it is a Java method. */
  public boolean isJava() {
    return className != null;
  }
}
