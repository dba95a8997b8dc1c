// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import io.jmortem.redact.CommandOptions.Value;
import org.jspecify.annotations.Nullable;

/**
 * A program whose short options take secrets. Other programs use the same letters for other
 * purposes.
 *
 * @param name the name of its file
 * @param isFamily whether all names that begin with this one are meant, such as {@code mysqldump}
 * @param secrets letters of options that take a secret
 * @param credentials letters of options that take {@code user:password} or {@code
 *     certificate:password}
 * @param attaches whether a value may follow the letter directly
 * @param connects whether an argument that is not an option is {@code user/password@database}
 */
record Client(
    String name,
    boolean isFamily,
    String secrets,
    String credentials,
    boolean attaches,
    boolean connects) {

  private static final Client[] ALL = {
    password("mysql", true),
    password("mariadb", true),
    password("sshpass", false),
    attaching("curl", "b", "uUE"),
    attaching("ldapsearch", "w", ""),
    attaching("ldapadd", "w", ""),
    attaching("ldapmodify", "w", ""),
    attaching("ldapdelete", "w", ""),
    attaching("ldapwhoami", "w", ""),
    attaching("ldapcompare", "w", ""),
    attaching("ldappasswd", "was", ""),
    separate("redis-cli", "a"),
    separate("valkey-cli", "a"),
    attaching("http", "", "a"),
    attaching("https", "", "a"),
    attaching("xh", "", "a"),
    attaching("zip", "P", ""),
    attaching("unzip", "P", ""),
    attaching("zipcloak", "P", ""),
    attaching("smbclient", "", "U"),
    attaching("smbget", "", "U"),
    attaching("rpcclient", "", "U"),
    attaching("winexe", "", "U"),
    attaching("sqlcmd", "P", ""),
    attaching("bcp", "P", ""),
    attaching("mosquitto_pub", "P", ""),
    attaching("mosquitto_sub", "P", ""),
    attaching("ipmitool", "P", ""),
    separate("openssl", "kK"), // its options are words after one hyphen: -keyout
    oracle("sqlplus"),
    oracle("sqlldr"),
    oracle("expdp"),
    oracle("impdp"),
    oracle("rman")
  };

  private static Client password(String name, boolean isFamily) {
    return new Client(name, isFamily, "p", "", true, false);
  }

  private static Client attaching(String name, String secrets, String credentials) {
    return new Client(name, false, secrets, credentials, true, false);
  }

  private static Client separate(String name, String secrets) {
    return new Client(name, false, secrets, "", false, false);
  }

  private static Client oracle(String name) {
    return new Client(name, false, "", "", false, true);
  }

  /** The program with this name, without a directory; null if it is not one of these. */
  static @Nullable Client of(char[] text, int from, int to) {
    if (to - from < 2) {
      return null;
    }
    for (Client client : ALL) {
      int length = client.name.length();
      if (text[from] == client.name.charAt(0)
          && (to - from == length || (client.isFamily && to - from > length))
          && Chars.isAt(text, from, to, client.name)) {
        return client;
      }
    }
    return null;
  }

  /** The program that a path leads to. */
  static @Nullable Client ofPath(String path) {
    char[] name = path.substring(path.lastIndexOf('/') + 1).toCharArray();
    return name.length == 0 ? null : of(name, 0, name.length);
  }

  /** Whether {@code -pX} is always a password. */
  boolean hasPasswordAfterP() {
    return secrets.equals("p");
  }

  /** The kind of value of a one-letter option. */
  Value valueOf(char letter) {
    if (letter == 'b') {
      return secrets.indexOf('b') >= 0 ? Value.COOKIE : Value.ORDINARY;
    }
    return letter != 'p' && secrets.indexOf(letter) >= 0
        ? Value.SECRET
        : credentials.indexOf(letter) >= 0 ? Value.CREDENTIALS : Value.ORDINARY;
  }
}
