// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

/**
 * Private keys as text (RFC 7468): the text between {@code -----BEGIN ...-----} and {@code
 * -----END}, on one line or on several. Certificates and public keys are not secret.
 */
final class PemBlocks {

  private static final String END = "-----END";
  private static final int MAX_LABEL = 64;

  /** This many base64 letters in a row are a line of a key, whatever precedes them. */
  private static final int MIN_BODY = 40;

  private static final String[] PUBLIC = {
    "CERTIFICATE", "PUBLIC", "PARAMETERS", "CRL", "REQUEST", "SIGNATURE", "MESSAGE"
  };

  private static final String[] HEADERS = {
    "Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Hash:", "Charset:"
  };

  private final Line line;

  PemBlocks(Line line) {
    this.line = line;
  }

  /** Whether a name begins a block: {@code -----BEGIN}, followed by a blank and the kind. */
  boolean isBegin(int from, int to) {
    return to - from >= 10
        && line.text[to - 1] == 'N'
        && Chars.isAt(line.text, to - 10, to, "-----BEGIN");
  }

  /**
   * Where the text of a block begins; -1 if the block holds no secret.
   *
   * @param label the index after {@code -----BEGIN}
   */
  int body(int label) {
    int end = Chars.indexOf(line.text, label, Math.min(line.to, label + MAX_LABEL), "-----");
    line.count(MAX_LABEL);
    if (end < 0) {
      return -1;
    }
    for (String kind : PUBLIC) {
      if (Chars.indexOf(line.text, label, end, kind) >= 0) {
        return -1;
      }
    }
    return end + 5;
  }

  /** Whether the text of the block was redacted already, perhaps with its end. */
  boolean isRedacted(int body) {
    int behind = body + Redactor.REDACTED.length();
    return line.isAt(body, Redactor.REDACTED)
        && (line.isBlankOrEnd(behind) || !isBase64(line.text[behind]) || line.isAt(behind, END));
  }

  /** Where the block ends on this line; -1 if it continues. */
  int end(int from) {
    int end = Chars.indexOf(line.text, from, line.to, END);
    line.count((end < 0 ? line.to : end) - from);
    return end;
  }

  /**
   * Which part of this line belongs to the current block.
   *
   * @return where that part begins; the end of the line if there is none
   */
  int partOfBody() {
    int from = line.from;
    int to = line.to;
    while (to > from && isAfterLine(line.text[to - 1])) {
      to--;
    }
    to -= to - from >= 2 && line.text[to - 1] == 'n' && line.text[to - 2] == '\\' ? 2 : 0;
    int start = to;
    while (start > from && isBase64(line.text[start - 1])) {
      start--;
    }
    line.count(line.to - start);
    if (to - start >= MIN_BODY) {
      return start;
    }
    int before = start;
    while (before > from && isBeforeLine(line.text[before - 1])) {
      before--;
    }
    return before == from || isHeader(from) ? from : line.to;
  }

  private static boolean isBase64(char c) {
    return Chars.isAlphanumeric(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
  }

  private static boolean isAfterLine(char c) {
    return Chars.isBlank(c) || "\"'+,;)\\".indexOf(c) >= 0;
  }

  private static boolean isBeforeLine(char c) {
    return Chars.isBlank(c) || "\"'#>|*+(".indexOf(c) >= 0;
  }

  private boolean isHeader(int from) {
    int at = line.skipBlanks(from);
    for (String header : HEADERS) {
      if (line.isAt(at, header)) {
        return true;
      }
    }
    return false;
  }
}
