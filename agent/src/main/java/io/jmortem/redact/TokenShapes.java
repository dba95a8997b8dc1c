// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import java.util.Arrays;

/**
 * Tokens with a known shape, whatever precedes them. They consist of the characters of names, with
 * dots, hyphens and underscores.
 */
final class TokenShapes {

  /**
   * A token with a characteristic prefix.
   *
   * @param rest the least number of characters that follow
   * @param isMixed whether one of them must be a digit; otherwise words would match
   * @param isPlain whether they are only letters and digits
   */
  private record Shape(String prefix, int rest, boolean isMixed, boolean isPlain) {}

  private static final Shape[] SHAPES = {
    clear("ghp_", 4), // GitHub
    clear("gho_", 4),
    clear("ghu_", 4),
    clear("ghs_", 4),
    clear("ghr_", 4),
    clear("github_pat_", 4),
    clear("glpat-", 4), // GitLab
    clear("glptt-", 4),
    clear("gldt-", 8),
    clear("glrt-", 8),
    clear("xoxa-", 4), // Slack
    clear("xoxb-", 4),
    clear("xoxe-", 4),
    clear("xoxp-", 4),
    clear("xoxr-", 4),
    clear("xoxs-", 4),
    clear("xapp-", 8),
    clear("AIza", 20), // Google
    clear("ya29.", 10),
    clear("GOCSPX-", 10),
    clear("sk_live_", 4), // Stripe
    clear("sk_test_", 4),
    clear("rk_live_", 4),
    clear("rk_test_", 4),
    clear("whsec_", 8),
    mixed("sk-", 16), // OpenAI, Anthropic
    mixed("SG.", 20), // SendGrid
    plain("npm_", 16),
    plain("hf_", 16), // Hugging Face
    clear("pypi-", 16),
    clear("rubygems_", 16),
    clear("dckr_pat_", 8), // Docker
    clear("dop_v1_", 8), // DigitalOcean
    clear("glsa_", 8), // Grafana
    plain("EAAC", 16), // Facebook
    plain("EAA", 28),
    clear("shpat_", 8), // Shopify
    clear("shpss_", 8),
    clear("hvs.", 16), // Vault
    clear("hvb.", 16),
    clear("lin_api_", 8),
    clear("figd_", 8),
    clear("sntrys_", 8),
    clear("NRAK-", 8), // New Relic
    clear("PMAK-", 8), // Postman
    clear("ATATT3", 8), // Atlassian
    clear("sq0atp-", 8), // Square
    clear("sq0csp-", 8),
    clear("tskey-", 8), // Tailscale
    clear("AGE-SECRET-KEY-", 8)
  };

  /** The shapes by their first letter; empty if no token begins with it. */
  private static final Shape[][] BY_FIRST = byFirst();

  /** AWS: AKIA or ASIA, and 16 capital letters or digits. */
  private static final int MIN_KEY_ID = 12;

  private static final int MIN_JWT_HEADER = 8;
  private static final int MAX_TOKEN = 128;

  private TokenShapes() {}

  private static Shape clear(String prefix, int rest) {
    return new Shape(prefix, rest, false, false);
  }

  private static Shape mixed(String prefix, int rest) {
    return new Shape(prefix, rest, true, false);
  }

  private static Shape plain(String prefix, int rest) {
    return new Shape(prefix, rest, true, true);
  }

  private static Shape[][] byFirst() {
    Shape[][] shapes = new Shape[128][0];
    for (Shape shape : SHAPES) {
      int first = shape.prefix.charAt(0);
      shapes[first] = Arrays.copyOf(shapes[first], shapes[first].length + 1);
      shapes[first][shapes[first].length - 1] = shape;
    }
    return shapes;
  }

  /** Whether a token may begin with this letter. */
  static boolean mayBegin(char c) {
    return c < 128 && (c == 'e' || BY_FIRST[c].length > 0);
  }

  /**
   * The end of the token that begins here, or -1 if there is none.
   *
   * @param to where the characters of names end
   * @param dot the first dot after this place, or {@code to}
   */
  static int end(char[] text, int from, int to, int dot) {
    char first = text[from];
    if (first == 'e') {
      boolean isJwt = Chars.isAt(text, from, to, "eyJ") && dot - from >= MIN_JWT_HEADER && dot < to;
      return isJwt ? to : -1;
    }
    if (first == 'A'
        && (Chars.isAt(text, from, to, "AKIA") || Chars.isAt(text, from, to, "ASIA"))) {
      int end = from + 4;
      while (end < to && isUpperOrDigit(text[end])) {
        end++;
      }
      boolean isWhole = end == to || !Chars.isAlphanumeric(text[end]);
      return end - from - 4 >= MIN_KEY_ID && isWhole ? end : -1;
    }
    for (Shape shape : BY_FIRST[first]) {
      if (Chars.isAt(text, from, to, shape.prefix)) {
        return end(text, from + shape.prefix.length(), to, shape);
      }
    }
    return -1;
  }

  private static int end(char[] text, int from, int to, Shape shape) {
    if (to - from < shape.rest) {
      return -1;
    }
    boolean hasDigit = false;
    for (int i = from; i < Math.min(to, from + MAX_TOKEN); i++) {
      if (shape.isPlain && i < from + shape.rest && !Chars.isAlphanumeric(text[i])) {
        return -1;
      }
      hasDigit |= Chars.isDigit(text[i]);
    }
    return hasDigit || !shape.isMixed ? to : -1;
  }

  private static boolean isUpperOrDigit(char c) {
    return (c >= 'A' && c <= 'Z') || Chars.isDigit(c);
  }
}
