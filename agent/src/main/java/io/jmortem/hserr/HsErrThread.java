// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A thread in the log.
 *
 * @param kind the VM's class for it, such as {@code JavaThread} or {@code VMThread}
 * @param name any text, quotes included; empty if the log has none
 * @param state such as {@code _thread_in_native}; null for VM threads
 * @param id the kernel's tid in the process's pid namespace, or -1
 */
public record HsErrThread(
    String kind, String name, boolean daemon, @Nullable String state, long id, boolean current) {

  /** HotSpot cuts its lines at 2000 bytes. */
  private static final int MAX_LINE = 4096;

  /** {@code [stack: 0x00007fcbd4cf000,0x00007fcbd5cf000] }: the VM's threads up to 17. */
  private static final int MAX_STACK = 128;

  private static final int MAX_DIGITS = 18;

  /** Parses {@code Current thread ...} or a line of a list of threads; empty if it is neither. */
  public static Optional<HsErrThread> parse(String line) {
    if (line.length() > MAX_LINE) {
      return Optional.empty();
    }
    Cursor at = new Cursor(line);
    boolean isCurrent = at.skip("=>");
    at.skipBlanks();
    isCurrent |= at.skip("Current thread ");
    at.skip("(");
    if (!at.skipAddress()) {
      return Optional.empty();
    }
    at.skip(")");
    at.skip(":");
    if (!at.skipBlanks()) {
      return Optional.empty();
    }
    if (at.skip("(exited)")) {
      at.skipBlanks();
    }
    String kind = at.word();
    if (kind.isEmpty()) {
      return Optional.empty();
    }
    return at.startsWith(" \"")
        ? named(line, at.index() + 2, kind, isCurrent)
        : end(line, at.index(), kind, "", isCurrent);
  }

  /**
   * The name is the text between the first quote and the last one before the bracket. Since JDK 21,
   * blanks follow it.
   */
  private static Optional<HsErrThread> named(
      String line, int from, String kind, boolean isCurrent) {
    for (int quote = line.lastIndexOf('"');
        quote >= from;
        quote = line.lastIndexOf('"', quote - 1)) {
      Optional<HsErrThread> thread =
          end(line, quote + 1, kind, line.substring(from, quote), isCurrent);
      if (thread.isPresent()) {
        return thread;
      }
    }
    return Optional.empty();
  }

  /**
   * Parses what follows the name: {@code daemon [_thread_in_native, id=7, stack(...)]}. An attempt
   * looks at few characters, so that a name full of quotes does not cost more.
   */
  private static Optional<HsErrThread> end(
      String line, int from, String kind, String name, boolean isCurrent) {
    Cursor at = new Cursor(line, from);
    at.skipBlanks();
    boolean daemon = at.skip("daemon");
    at.skipBlanks();
    if (at.startsWith("[stack: ")) {
      if (!at.skipPast(']', MAX_STACK)) {
        return Optional.empty();
      }
      at.skipBlanks();
    }
    if (!at.skip("[")) {
      return Optional.empty();
    }
    String state = null;
    if (at.startsWith("_thread_")) {
      state = at.word();
      if (!at.skip(", ")) {
        return Optional.empty();
      }
    }
    String digits = at.skip("id=") ? at.digits() : "";
    return digits.isEmpty() || digits.length() > MAX_DIGITS || at.isWord()
        ? Optional.empty()
        : Optional.of(
            new HsErrThread(kind, name, daemon, state, Long.parseLong(digits), isCurrent));
  }
}
