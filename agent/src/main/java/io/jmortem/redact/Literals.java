// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Secrets that are known letter by letter, and found in one pass over a text however many they are
 * (Aho and Corasick, 1975). One that begins or ends by a letter or a digit is found as a whole word
 * only. Bounded: what is beyond the bound is not remembered.
 */
final class Literals {

  /** A shorter one would be found in the middle of numbers and words that are none. */
  private static final int MIN_LENGTH = 8;

  /** A longer one is looked for piece by piece. */
  static final int MAX_LENGTH = 1024;

  private static final int MAX_TOTAL = 64 * 1024;

  /** So long, with blanks or all kinds of letters, a secret is in no word by chance. */
  private static final int MIN_RANDOM = 16;

  /** Hexadecimal digits: an address has as many. */
  private static final int MAX_NUMBER = 16;

  /** Finds nothing. */
  static final Automaton NONE = new Automaton(Map.of());

  /** Names, which tell where a secret is: none of them may be hidden as one. */
  private final SecretNames names = new SecretNames();

  /** As the automaton reads them, each with how many of its first letters may be shown. */
  private final Map<String, Integer> literals = new LinkedHashMap<>();

  private int total;
  private Automaton automaton = NONE;
  private boolean isChanged;

  /**
   * Remembers a secret.
   *
   * @param shown so many letters at its beginning are no secret
   */
  void add(String literal, int shown) {
    if (shown == 0 && PlainNames.isPlain(literal)) {
      return; // hidden where it stands, and nowhere else
    }
    boolean isAnywhere = isRandom(literal);
    for (int i = 0; i < literal.length(); i += MAX_LENGTH) {
      // the last piece is not to be too short
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

  /** A number, a word for a secret, a single letter again and again: found everywhere. */
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

  /** Finds all that have been added so far. */
  Automaton automaton() {
    if (isChanged) {
      automaton = new Automaton(literals);
      isChanged = false;
    }
    return automaton;
  }

  /** A trie of the literals, and for each state the longest other that ends alike. */
  static final class Automaton {

    private final int[] firstChild;
    private final int[] sibling;
    private final char[] letter; // that leads to a state
    private final int[] fallback;
    private final int[] depth;
    private final int[] shown; // at least so many letters, of all literals that begin so
    private final int[] hidden; // so many of the letters that were read last are a secret's
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

    /** State by state, the shorter ones first: each needs those that are shorter. */
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

    /** The state behind one more letter, or the mark of a boundary; 0 is the first one. */
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

    /** Of the letters that led to a state, so many at their end are a secret's; 0 for none. */
    int hidden(int state) {
      return hidden[state];
    }

    /** So many of the last letters may become a secret's. */
    int depth(int state) {
      return depth[state];
    }

    /** As {@link #hidden} of a text that is cut off here, within a secret. */
    int hiddenIfCutOff(int state) {
      int beginning = depth[state] >= MIN_LENGTH ? depth[state] - shown[state] : 0;
      return Math.max(beginning, hidden[step(state, Boundaries.MARK)]);
    }

    boolean isEmpty() {
      return states == 1;
    }
  }

  /** From a state and a letter to a state: a hash table without objects. */
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
      return (((long) state << 16) | c) + 1; // 0 is empty
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
