// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

/**
 * Finds likely secrets in a line of text. It goes from name to name and looks at what follows each.
 * It looks at each character only a bounded number of times.
 */
final class LineScanner {

  /** What continues in the next piece of the text. */
  private enum Open {
    NOTHING,
    /** A value without quotes. */
    WORD,
    /** A value in quotes. */
    QUOTED,
    /** Everything up to the end of the line. */
    LINE,
    /** A PEM block over several lines. */
    PEM
  }

  /** Addresses whose remaining part grants access. */
  private static final String[][] SECRET_PATHS = {
    {"hooks.slack.com", "/services/", "/workflows/", "/triggers/"},
    {"discord.com", "/api/webhooks/"},
    {"discordapp.com", "/api/webhooks/"},
    {"api.telegram.org", "/bot"}
  };

  private final Line line = new Line();
  private final Values values = new Values(line);
  private final PemBlocks blocks = new PemBlocks(line);
  private final NamedValues named = new NamedValues(line, values);

  private Open open = Open.NOTHING;
  private char openQuote;
  private int openBackslashes;

  /** Forgets the state of the previous text. */
  void begin() {
    open = Open.NOTHING;
  }

  /** Whether the secret found in this line may continue in the next one. */
  boolean isOpen() {
    return open == Open.PEM;
  }

  /** The number of characters looked at so far, including repeats. */
  long steps() {
    return line.steps();
  }

  /**
   * Searches a line, or a piece of one.
   *
   * @param isEnd whether the line, and not only the piece, ends at {@code to}
   * @param cuts gets the secrets that are found
   */
  void scan(char[] text, int from, int to, boolean isEnd, RedactedRanges cuts) {
    line.set(text, from, to, isEnd, cuts);
    named.begin();
    int i = open == Open.NOTHING ? from : continued();
    while (i < to) {
      if (Chars.isName(text[i])) {
        int end = i + 1;
        while (end < to && Chars.isName(text[end])) {
          end++;
        }
        line.count(end - i);
        i = name(i, end);
      } else {
        i++;
      }
    }
    line.count(to - from);
    if (isEnd && open != Open.PEM) {
      open = Open.NOTHING;
    } else if (line.isOpen) {
      open = values.isLine() ? Open.LINE : values.quote() == 0 ? Open.WORD : Open.QUOTED;
      openQuote = values.quote();
      openBackslashes = values.backslashes();
    }
  }

  // ---- secrets that began in the previous piece

  private int continued() {
    switch (open) {
      case PEM -> {
        return inBlock();
      }
      case LINE -> {
        return line.cut(line.from, line.to);
      }
      case QUOTED -> values.lookForQuote(line.from, openQuote, openBackslashes);
      default -> values.lookAtWord(line.from, false);
    }
    open = values.isClosed() ? Open.NOTHING : open;
    return line.cut(line.from, values.contentTo());
  }

  private int inBlock() {
    boolean isNewLine = line.from > 0 && line.text[line.from - 1] == '\n';
    int from = isNewLine ? line.from - 1 : line.from; // all its lines are one secret
    int end = blocks.end(line.from);
    if (end >= 0) {
      open = Open.NOTHING;
      return line.cut(from, end);
    }
    int part = blocks.partOfBody();
    if (part == line.to && part > line.from) {
      open = Open.NOTHING;
      return line.from;
    }
    return line.cut(part == line.from ? from : part, line.to);
  }

  // ---- names

  /** Looks at a name and its value; returns where to continue. */
  private int name(int from, int to) {
    if (blocks.isBegin(from, to)) {
      return block(to);
    }
    int behind = to - from >= 8 ? token(from, to) : -1;
    if (behind < 0) {
      behind = to - from == 6 || to - from == 5 ? afterScheme(from, to) : -1;
    }
    if (behind < 0) {
      behind = to < line.to && line.text[to] == '/' ? secretPath(from, to) : -1;
    }
    return behind >= 0 ? behind : named.look(from, to);
  }

  private int block(int label) {
    int body = blocks.body(label);
    if (body < 0) {
      return label;
    }
    if (blocks.isRedacted(body)) {
      return body + Redactor.REDACTED.length();
    }
    int end = blocks.end(body);
    open = end < 0 ? Open.PEM : open;
    return line.cut(body, end < 0 ? line.to : end);
  }

  /** Known tokens: at the beginning of a name, or of a part of it. */
  private int token(int from, int to) {
    char[] text = line.text;
    int dot = -1;
    boolean isBegin = true;
    int escaped = from > line.from && text[from - 1] == '%' ? from + 2 : -1; // %3Dtoken
    for (int i = from; i < to; i++) {
      char c = text[i];
      if ((isBegin || i == escaped) && TokenShapes.mayBegin(c)) {
        if (c == 'e' && dot < i) {
          dot = i;
          while (dot < to && text[dot] != '.') {
            dot++;
          }
          line.count(dot - i);
        }
        int end = TokenShapes.end(text, i, to, dot);
        if (end >= 0) {
          while (text[end - 1] == '.') {
            end--;
          }
          return line.cut(i, end);
        }
      }
      isBegin = !Chars.isAlphanumeric(c);
    }
    return -1;
  }

  /** {@code Bearer x}, {@code Basic x}, where x can't be a word of a sentence. */
  private int afterScheme(int from, int to) {
    String scheme = to - from == 6 ? "bearer" : "basic";
    if (!Chars.isAtIgnoringCase(line.text, from, to, scheme)) {
      return -1;
    }
    int at = line.skipBlanks(to);
    if (at == to) {
      return -1;
    }
    int end = at;
    boolean isWord = true;
    while (end < line.to && Chars.isCredential(line.text[end])) {
      char c = line.text[end];
      isWord &= end == at || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
      end++;
    }
    line.count(end - at);
    return end - at >= 8 && !isWord ? line.cut(at, end) : -1;
  }

  private int secretPath(int from, int to) {
    for (String[] host : SECRET_PATHS) {
      if (to - from == host[0].length() && Chars.isAt(line.text, from, to, host[0])) {
        for (int i = 1; i < host.length; i++) {
          if (line.isAt(to, host[i])) {
            values.lookAtWord(to + host[i].length(), false);
            return line.cut(values.contentFrom(), values.contentTo());
          }
        }
      }
    }
    return -1;
  }
}
