// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Known secrets, which are found in one pass over a text, however many there are (Aho and Corasick,
 * 1975). A secret that begins or ends with a letter or a digit is found only as a whole word. The
 * number of secrets is bounded: secrets beyond the bound are not remembered.
 */
final class Literals {

  /** Shorter secrets would also match ordinary numbers and words. */
  private static final int MIN_LENGTH = 8;

  /** Longer secrets are searched piece by piece. */
  static final int MAX_LENGTH = 1024;

  private static final int MAX_TOTAL = 64 * 1024;

  /** A secret of this length, with blanks or mixed letters, does not match words by chance. */
  private static final int MIN_RANDOM = 16;

  /** The number of hexadecimal digits of an address. */
  private static final int MAX_NUMBER = 16;

  /** Finds nothing. */
  static final Automaton NONE = new Automaton(Map.of());

  /** Names that show where a secret is: they must never be hidden themselves. */
  private final SecretNames names = new SecretNames();

  /** The secrets as the automaton reads them, each with the number of letters to show. */
  private final Map<String, Integer> literals = new LinkedHashMap<>();

  private int total;
  private Automaton automaton = NONE;
  private boolean isChanged;

  /**
   * Remembers a secret.
   *
   * @param shown how many letters at its beginning are not secret
   */
  void add(String literal, int shown) {
    if (shown == 0 && PlainNames.isPlain(literal)) {
      return; // hidden only where it stands
    }
    boolean isAnywhere = isRandom(literal);
    for (int i = 0; i < literal.length(); i += MAX_LENGTH) {
      // the last piece must not be too short
      int from = Math.max(0, Math.min(i, literal.length() - MIN_LENGTH));
      int to = Math.min(literal.length(), from + MAX_LENGTH);
      boolean begins = from == 0 && !isAnywhere;
      boolean ends = to == literal.length() && !isAnywhere;
      addPiece(literal.substring(from, to), Math.max(0, shown - from), begins, ends);
    }
  }

  private static boolean isRandom(String literal) {
    boolean isMixed =
        literal.chars().anyMatch(Character::isUpperCase)
            && literal.chars().anyMatch(Character::isLowerCase)
            && literal.chars().anyMatch(Character::isDigit);
    boolean hasBlanks = literal.chars().anyMatch(Character::isWhitespace);
    return literal.length() >= MIN_RANDOM && (isMixed || hasBlanks);
  }

  private void addPiece(String literal, int shown, boolean begins, boolean ends) {
    if (literal.length() < MIN_LENGTH
        || shown >= literal.length()
        || total + literal.length() > MAX_TOTAL
        || isOrdinary(literal)) {
      return;
    }
    String key = Boundaries.mark(literal, begins, ends);
    Integer before = literals.put(key, shown);
    if (before == null) {
      total += literal.length();
      isChanged = true;
    } else if (before < shown) {
      literals.put(key, before);
    } else {
      isChanged |= before > shown;
    }
  }

  /** A number, a word such as "password", or one repeated letter: these would match everywhere. */
  private boolean isOrdinary(String literal) {
    boolean isNumber = literal.length() <= MAX_NUMBER + 2;
    boolean isOneLetter = true;
    for (int i = 0; i < literal.length(); i++) {
      char c = literal.charAt(i);
      isOneLetter &= c == literal.charAt(0);
      isNumber &= Character.digit(c, 16) >= 0 || c == 'x' || c == '.' || c == '-' || c == ':';
    }
    char[] letters = literal.toCharArray();
    boolean isName = isOneWord(letters) && names.of(letters, 0, letters.length) != 0;
    return isNumber || isOneLetter || isName || literal.equals(Redactor.REDACTED);
  }

  private static boolean isOneWord(char[] letters) {
    for (char c : letters) {
      if (!Character.isLetter(c)) {
        return false;
      }
    }
    return true;
  }

  /** Builds the automaton for all secrets added so far. */
  Automaton automaton() {
    if (isChanged) {
      automaton = new Automaton(literals);
      isChanged = false;
    }
    return automaton;
  }

  /** A trie of the literals, with a link from each state to its longest proper suffix. */
  static final class Automaton {

    private final int[] firstChild;
    private final int[] sibling;
    private final char[] letter; // the letter that leads to a state
    private final int[] fallback;
    private final int[] depth;
    private final int[] shown; // the fewest letters to show, of all literals with this beginning
    private final int[] hidden; // how many of the last letters belong to a secret
    private final boolean[] begins = new boolean[128];
    private final Transitions transitions;
    private int states = 1;

    Automaton(Map<String, Integer> literals) {
      int most = 1;
      for (String marked : literals.keySet()) {
        most += marked.length();
      }
      firstChild = new int[most];
      sibling = new int[most];
      letter = new char[most];
      fallback = new int[most];
      depth = new int[most];
      shown = new int[most];
      hidden = new int[most];
      transitions = new Transitions(most);
      literals.forEach(this::insert);
      link();
    }

    private void insert(String marked, int letters) {
      int state = 0;
      int read = 0;
      for (int i = 0; i < marked.length(); i++) {
        char c = marked.charAt(i);
        read += c == Boundaries.MARK ? 0 : 1;
        int next = transitions.get(state, c);
        if (next < 0) {
          next = states++;
          depth[next] = read;
          shown[next] = letters;
          letter[next] = c;
          sibling[next] = firstChild[state];
          firstChild[state] = next;
          transitions.put(state, c, next);
        }
        shown[next] = Math.min(shown[next], letters);
        state = next;
      }
      hidden[state] = read - letters;
      if (marked.charAt(0) < 128) {
        begins[marked.charAt(0)] = true;
      }
    }

    /** Links the states, shorter ones first, because a state needs the shorter ones. */
    private void link() {
      int[] queue = new int[states];
      int end = 1;
      for (int i = 0; i < end; i++) {
        int state = queue[i];
        for (int child = firstChild[state]; child != 0; child = sibling[child]) {
          fallback[child] = state == 0 ? 0 : step(fallback[state], letter[child]);
          hidden[child] = Math.max(hidden[child], hidden[fallback[child]]);
          queue[end++] = child;
        }
      }
    }

    /** The state after one more letter or boundary mark; 0 is the first state. */
    int step(int from, char c) {
      if (from == 0 && c < 128 && !begins[c]) {
        return 0;
      }
      int state = from;
      while (true) {
        int next = transitions.get(state, c);
        if (next >= 0) {
          return next;
        }
        if (state == 0) {
          return 0;
        }
        state = fallback[state];
      }
    }

    /** How many of the last letters that led to a state belong to a secret; 0 for none. */
    int hidden(int state) {
      return hidden[state];
    }

    /** How many of the last letters may become part of a secret. */
    int depth(int state) {
      return depth[state];
    }

    /** Like {@link #hidden}, for a text that is cut off here inside a secret. */
    int hiddenIfCutOff(int state) {
      int beginning = depth[state] >= MIN_LENGTH ? depth[state] - shown[state] : 0;
      return Math.max(beginning, hidden[step(state, Boundaries.MARK)]);
    }

    boolean isEmpty() {
      return states == 1;
    }
  }

  /** Maps a state and a letter to a state: a hash table without objects. */
  private static final class Transitions {

    private final long[] keys;
    private final int[] states;
    private final int mask;

    Transitions(int most) {
      int size = Integer.highestOneBit(Math.max(8, most)) * 4;
      keys = new long[size];
      states = new int[size];
      mask = size - 1;
    }

    private static long key(int state, char c) {
      return (((long) state << 16) | c) + 1; // 0 marks an empty slot
    }

    private int slot(long key) {
      int slot = (int) ((key * 0x9E3779B97F4A7C15L) >>> 40) & mask;
      while (keys[slot] != 0 && keys[slot] != key) {
        slot = (slot + 1) & mask;
      }
      return slot;
    }

    int get(int state, char c) {
      int slot = slot(key(state, c));
      return keys[slot] == 0 ? -1 : states[slot];
    }

    void put(int state, char c, int next) {
      int slot = slot(key(state, c));
      keys[slot] = key(state, c);
      states[slot] = next;
    }
  }
}
