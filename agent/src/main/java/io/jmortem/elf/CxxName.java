// SPDX-License-Identifier: Apache-2.0
package io.jmortem.elf;

import java.util.Optional;

/**
 * C++ names as people write them: {@code JavaThread::run}, without parameters. Mangled names
 * (Itanium C++ ABI 5.1) and names that others have demangled then look the same.
 */
public final class CxxName {

  private final String mangled;
  private final boolean dropsTemplates;
  private int at;

  private CxxName(String mangled, int at, boolean dropsTemplates) {
    this.mangled = mangled;
    this.at = at;
    this.dropsTemplates = dropsTemplates;
  }

  /**
   * The qualified name of a function. A name is returned unchanged if it is not a C++ name, or has
   * parts that are not supported here, such as arguments of templates, and operators.
   */
  public static String ofFunction(String symbol) {
    return ofFunction(symbol, false);
  }

  private static String ofFunction(String symbol, boolean dropsTemplates) {
    int part = symbol.indexOf('.'); // .cold, .part.0, .constprop.0: the same function
    String whole = part > 0 && symbol.startsWith("_Z") ? symbol.substring(0, part) : symbol;
    return whole.startsWith("_Z")
        ? new CxxName(whole, 2, dropsTemplates).name().orElse(symbol)
        : symbol;
  }

  /** The name of a class, from the form in {@code std::type_info}: {@code St13runtime_error}. */
  public static String ofType(String mangled) {
    CxxName name = new CxxName(mangled, 0, false);
    return name.name().filter(found -> name.at == mangled.length()).orElse(mangled);
  }

  /** Removes the parameters from a demangled name; an offset after them stays. */
  public static String withoutParameters(String demangled) {
    int open = parameters(demangled);
    int offset = demangled.lastIndexOf("+0x");
    return open < 0
        ? demangled
        : demangled.substring(0, open).stripTrailing()
            + (offset > open ? demangled.substring(offset) : "");
  }

  /** Where the parameters begin: the first parenthesis outside templates, or -1. */
  private static int parameters(String demangled) {
    int first = -1;
    int templates = 0;
    for (int i = 1; i < demangled.length(); i++) {
      char c = demangled.charAt(i);
      if (c == '<' && !isOperator(demangled, i)) {
        templates++;
      } else if (c == '>' && templates > 0 && demangled.charAt(i - 1) != '-') {
        templates--;
      } else if (c == '('
          && !demangled.startsWith("(anonymous namespace)", i)
          && !demangled.startsWith("operator()", i - "operator".length())) {
        if (templates == 0) {
          return i;
        }
        first = first < 0 ? i : first;
      }
    }
    return first; // it was cut off inside a template
  }

  /** {@code operator<}, {@code operator<<}. */
  private static boolean isOperator(String demangled, int at) {
    int end = demangled.charAt(at - 1) == '<' ? at - 1 : at;
    return demangled.startsWith("operator", end - "operator".length());
  }

  /**
   * A function's name without the arguments of templates, and without the result type that precedes
   * them. The mangled and the demangled name of a function then become equal.
   */
  public static String withoutTemplates(String function) {
    if (function.startsWith("_Z")) {
      return ofFunction(function, true);
    }
    StringBuilder plain = new StringBuilder();
    int templates = 0;
    for (int i = 0; i < function.length(); i++) {
      char c = function.charAt(i);
      if (c == '<' && i > 0 && !isOperator(function, i)) {
        templates++;
      } else if (c == '>' && templates > 0) {
        templates--;
      } else if (templates == 0) {
        plain.append(c);
      }
    }
    int named = plain.indexOf("operator");
    int blank = plain.lastIndexOf(" ", named < 0 ? plain.length() : named);
    boolean isInName = plain.indexOf(" namespace)", Math.max(0, blank)) == blank;
    return blank < 0 || isInName ? plain.toString() : plain.substring(blank + 1);
  }

  private Optional<String> name() {
    if (skip('N')) {
      while (at < mangled.length() && "rVKRO".indexOf(mangled.charAt(at)) >= 0) {
        at++;
      }
      return nested();
    }
    boolean isStd = skipStd();
    skip('L'); // static
    return source().map(name -> isStd ? "std::" + name : name);
  }

  private Optional<String> nested() {
    StringBuilder whole = new StringBuilder(skipStd() ? "std" : "");
    String last = "";
    while (!skip('E')) {
      Optional<String> part;
      skip('L');
      if (mangled.startsWith("C", at) || mangled.startsWith("D", at)) {
        part = Optional.of((mangled.charAt(at) == 'D' ? "~" : "") + last);
        at += 2;
      } else {
        part = source();
      }
      if (part.isEmpty() || part.get().isEmpty()) {
        return Optional.empty();
      }
      last = part.get();
      whole.append(whole.length() == 0 ? "" : "::").append(last);
    }
    return whole.length() == 0 ? Optional.empty() : Optional.of(whole.toString());
  }

  /** Reads a length, and a name of that length. */
  private Optional<String> source() {
    int length = 0;
    while (at < mangled.length() && Character.isDigit(mangled.charAt(at)) && length < 10_000) {
      length = length * 10 + mangled.charAt(at++) - '0';
    }
    if (length == 0 || length > mangled.length() - at) {
      return Optional.empty();
    }
    String name = mangled.substring(at, at + length);
    at += length;
    // a template: without its arguments, the name would be a different one
    if (at < mangled.length() && mangled.charAt(at) == 'I') {
      CxxTemplate arguments = new CxxTemplate(mangled, at);
      if (!dropsTemplates || !arguments.skip()) {
        return Optional.empty();
      }
      at = arguments.end();
    }
    return Optional.of(name.startsWith("_GLOBAL__N") ? "(anonymous namespace)" : name);
  }

  private boolean skip(char c) {
    boolean is = at < mangled.length() && mangled.charAt(at) == c;
    at += is ? 1 : 0;
    return is;
  }

  private boolean skipStd() {
    boolean is = mangled.startsWith("St", at);
    at += is ? 2 : 0;
    return is;
  }
}
