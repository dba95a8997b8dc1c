// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the name of a value says about the value. A name is split into words at separators and at
 * capital letters: {@code db.apiKey}, {@code DB_API_KEY} and {@code --db-api-key} are equal.
 */
final class SecretNames {

  /** The name contains a word for a secret: {@code token.value=x}. */
  static final int SECRET = 1;

  /** The name ends with such a word, so a colon is enough: {@code token: x}. */
  static final int AT_END = 2;

  /** The name may be an ordinary word: {@code pass: worker-7} is not a password. */
  static final int WEAK = 4;

  /** The name of a header; its value is the rest of the line. */
  static final int HEADER = 8;

  /** The name of a scheme may follow: {@code Bearer x}. */
  static final int SCHEME = 16;

  /** The name ends with a word such as {@code length}: a number is not a secret. */
  static final int NUMBER = 32;

  /** A path is not a secret: {@code PWD=/home}, {@code ssl.key=/etc/x.pem}. */
  static final int PLACE = 64;

  /** {@code key} or {@code pin} alone: secret as an option, but not otherwise. */
  static final int KEY = 128;

  /** Of a longer name, only the end is used. */
  private static final int MAX_LENGTH = 128;

  private static final String[] WORDS = {
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "secret",
    "token",
    "credential",
    "authorization",
    "cookie",
    "bearer",
    "mnemonic",
    "sessionid",
    "sessid",
    "amzsignature"
  };

  /** Words that make a key a secret. */
  private static final String[] KEYS = {
    "access",
    "account",
    "admin",
    "api",
    "app",
    "auth",
    "authentication",
    "cipher",
    "client",
    "crypto",
    "decryption",
    "deploy",
    "encrypt",
    "encryption",
    "hmac",
    "jwt",
    "license",
    "master",
    "priv",
    "private",
    "recovery",
    "root",
    "secret",
    "service",
    "session",
    "shared",
    "sign",
    "signature",
    "signing",
    "ssh",
    "storage",
    "subscription",
    "ssl",
    "tls",
    "unseal",
    "wallet",
    "webhook"
  };

  /** Options with these words often name the file of a key. */
  private static final Set<String> IN_FILES = Set.of("ssl", "tls");

  /** Words that make a seed a secret. */
  private static final String[] SEEDS = {
    "crypto",
    "encryption",
    "encrypt",
    "master",
    "private",
    "recovery",
    "secret",
    "signing",
    "wallet"
  };

  /** Used only at the end of a word: they are short, and appear inside other words. */
  private static final String[] ENDINGS = {"pwd", "pw", "pass"};

  private static final Set<String> NO_PASSWORD =
      Set.of("bypass", "compass", "multipass", "onepass", "trespass", "underpass", "overpass");

  private static final Set<String> WHOLE_WORDS = Set.of("jwt", "psk", "cred", "creds");

  /** Ambiguous alone; clear if another word precedes them. */
  private static final Set<String> WEAK_WORDS = Set.of("auth", "oauth", "sig");

  private static final Set<String> HARMLESS_BEHIND =
      Set.of("encoder", "less", "izer", "izers", "ized", "ization", "ize", "ary", "ariat");

  /** Words that may follow the word for a secret. */
  private static final Set<String> STILL_AT_END =
      Set.of(
          "id", "value", "val", "hash", "data", "text", "string", "str", "base", "hex", "plain",
          "raw", "default", "current", "old", "new", "prod", "dev", "test", "header", "s");

  private static final Set<String> NUMBER_WORDS =
      Set.of(
          "length",
          "len",
          "size",
          "count",
          "limit",
          "max",
          "min",
          "timeout",
          "ttl",
          "expiry",
          "expires",
          "expiration",
          "lifetime",
          "age",
          "interval",
          "millis",
          "seconds",
          "minutes",
          "enabled",
          "required",
          "retries",
          "attempts",
          "iterations",
          "version",
          "port",
          "tokens");

  /** A name that ends with these is not a secret: a place of a secret, or its manager. */
  private static final Set<String> HARMLESS_ENDS =
      Set.of(
          "name",
          "classname",
          "filename",
          "hostname",
          "username",
          "file",
          "files",
          "path",
          "paths",
          "dir",
          "directory",
          "folder",
          "url",
          "urls",
          "uri",
          "uris",
          "endpoint",
          "location",
          "stdin",
          "host",
          "hosts",
          "server",
          "provider",
          "providers",
          "class",
          "classes",
          "manager",
          "domain",
          "domains",
          "issuer",
          "issuers",
          "audience",
          "service",
          "services",
          "factory",
          "type",
          "types",
          "impl",
          "handler",
          "resolver",
          "validator",
          "generator",
          "algorithm",
          "alg",
          "realm",
          "store",
          "scope",
          "scopes",
          "format",
          "mode",
          "strategy",
          "policy");

  private final char[] letters = new char[MAX_LENGTH];
  private final boolean[] begins = new boolean[MAX_LENGTH + 1]; // a word
  private int length;
  private boolean mayEndShort;

  /** The flags of a name; 0 if it says nothing. */
  int of(char[] text, int from, int to) {
    takeApart(text, Math.max(from, to - MAX_LENGTH), to);
    if (length == 6 && isAt(0, "oldpwd")) {
      return 0; // the previous directory
    }
    int found = 0;
    mayEndShort = false;
    for (int i = 0; i < length; i++) {
      found |= wordsAt(i);
    }
    found |= mayEndShort ? endings() : 0;
    if (found == 0) {
      return keyAlone();
    }
    int start = startOfWord(length);
    String last = new String(letters, start, length - start);
    int number = NUMBER_WORDS.contains(last) ? NUMBER : 0;
    int place = length == 3 && last.equals("pwd") ? PLACE : 0; // or the directory
    return HARMLESS_ENDS.contains(last) ? 0 : found | number | place;
  }

  private void takeApart(char[] text, int from, int to) {
    int i = from;
    while (i < to && text[i] == '-') {
      i++;
    }
    boolean isProperty = i == from + 1 && i + 1 < to && (text[i] == 'D' || text[i] == 'P');
    i += isProperty ? 1 : 0; // -Dname, -Pname
    length = 0;
    char before = '.';
    for (; i < to; i++) {
      char c = text[i];
      boolean isUpper = c >= 'A' && c <= 'Z';
      boolean isLetter = isUpper || (c >= 'a' && c <= 'z');
      if (isLetter || (c >= '0' && c <= '9')) {
        boolean wasUpper = before >= 'A' && before <= 'Z';
        boolean isLast = i + 1 == to || text[i + 1] < 'a' || text[i + 1] > 'z';
        begins[length] = !isAlphanumeric(before) || (isUpper && !(wasUpper && isLast));
        letters[length++] = isUpper ? (char) (c + ('a' - 'A')) : c;
      }
      before = c;
    }
    begins[length] = true;
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  private int wordsAt(int at) {
    switch (letters[at]) {
      case 'p', 's', 't', 'c', 'a', 'b', 'm' -> {
        for (String word : WORDS) {
          if (isAt(at, word) && !HARMLESS_BEHIND.contains(wordAt(at + word.length()))) {
            return SECRET | end(at + word.length()) | traits(word);
          }
        }
        if (isAt(at, "seed") && isWholeWord(at + 4) && kindBefore(at, SEEDS) != null) {
          return SECRET | end(at + 4);
        }
        mayEndShort |= isShortWord(at);
      }
      case 'j' -> mayEndShort |= isAt(at, "jwt");
      case 'k' -> {
        String kind = isAt(at, "key") && isWholeWord(at + 3) ? kindBefore(at, KEYS) : null;
        if (kind != null) {
          return SECRET | end(at + 3) | (IN_FILES.contains(kind) ? PLACE : 0);
        }
      }
      default -> {}
    }
    return 0;
  }

  private boolean isShortWord(int at) {
    return isAt(at, "pass")
        || isAt(at, "pwd")
        || isAt(at, "pw")
        || isAt(at, "psk")
        || isAt(at, "auth")
        || isAt(at, "sig")
        || isAt(at, "salt")
        || isAt(at, "cred");
  }

  private boolean isWholeWord(int behind) {
    return begins[behind] || STILL_AT_END.contains(wordAt(behind));
  }

  private static int traits(String word) {
    return switch (word) {
      case "cookie" -> HEADER;
      case "authorization" -> HEADER | SCHEME;
      case "bearer" -> SCHEME;
      default -> 0;
    };
  }

  private boolean isAt(int at, String word) {
    if (at + word.length() > length) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (letters[at + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private @Nullable String kindBefore(int at, String[] kinds) {
    for (String kind : kinds) {
      int start = at - kind.length();
      if (start >= 0 && isAt(start, kind)) {
        return kind;
      }
    }
    return null;
  }

  /** Whether no following word changes the meaning. */
  private int end(int behind) {
    int at = behind;
    while (at < length) {
      String word = wordAt(at);
      if (!STILL_AT_END.contains(word) && !Character.isDigit(word.charAt(0))) {
        return 0;
      }
      at += word.length();
    }
    return AT_END;
  }

  /** The letters before the next word. */
  private String wordAt(int at) {
    int end = at;
    while (end < length && (end == at || !begins[end])) {
      end++;
    }
    return new String(letters, at, end - at);
  }

  private int startOfWord(int end) {
    int start = end - 1;
    while (start > 0 && !begins[start]) {
      start--;
    }
    return start;
  }

  /** Words that are too short to be searched everywhere. */
  private int endings() {
    int end = length;
    while (end > 0) {
      int start = startOfWord(end);
      String word = new String(letters, start, end - start);
      int found = shortWord(word, start == 0);
      if (found != 0 || !(STILL_AT_END.contains(word) || Character.isDigit(word.charAt(0)))) {
        return found;
      }
      end = start;
    }
    return 0;
  }

  private static int shortWord(String word, boolean isAlone) {
    if (word.equals("pass")) {
      return SECRET | AT_END | (isAlone ? WEAK : 0);
    }
    if (word.equals("salt")) {
      return SECRET | AT_END | NUMBER | (isAlone ? WEAK : 0);
    }
    if (WEAK_WORDS.contains(word)) {
      return SECRET | (word.equals("sig") ? NUMBER : SCHEME) | (isAlone ? WEAK : AT_END);
    }
    if (WHOLE_WORDS.contains(word)) {
      return SECRET | AT_END | SCHEME;
    }
    for (String ending : ENDINGS) {
      if (word.endsWith(ending) && !NO_PASSWORD.contains(word)) {
        return SECRET | AT_END;
      }
    }
    return 0;
  }

  private int keyAlone() {
    return length == 3 && (isAt(0, "key") || isAt(0, "pin")) ? KEY : 0;
  }
}
