// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * The stable name of a library. Many libraries are unpacked from a jar to a temporary file with a
 * random name: {@code libnat4711.so}, {@code jna9876.tmp (deleted)}.
 */
final class LibraryName {

  private static final String DELETED = " (deleted)";

  private static final Set<String> TEMPORARY =
      Set.of("tmp", "temp", "shm", "cache", ".cache", "caches");

  private static final Pattern UUID =
      Pattern.compile("[-_.]?\\p{XDigit}{8}-?(?:\\p{XDigit}{4}-?){3}\\p{XDigit}{12}");

  /** No version has this many digits. */
  private static final Pattern LONG_NUMBER = Pattern.compile("[-_]?\\d{9,}");

  /** At least one hexadecimal digit must be decimal; otherwise it is a word. */
  private static final Pattern HEX = Pattern.compile("[-_.](?=\\p{XDigit}*\\d)\\p{XDigit}{8,}\\b");

  /** File.createTempFile adds up to 19 digits, other code fewer; libc.so.6 must not change. */
  private static final Pattern NUMBER = Pattern.compile("[-_]?\\d{3,}");

  private LibraryName() {}

  /**
   * The file's name without its random part.
   *
   * @param path the path as the kernel shows it
   */
  static String stable(String path) {
    boolean isDeleted = path.endsWith(DELETED);
    String file = isDeleted ? path.substring(0, path.length() - DELETED.length()) : path;
    String name = file.substring(file.lastIndexOf('/') + 1);
    String plain = LONG_NUMBER.matcher(UUID.matcher(name).replaceAll("")).replaceAll("");
    return isDeleted || isTemporary(file)
        ? NUMBER.matcher(HEX.matcher(plain).replaceAll("")).replaceAll("")
        : plain;
  }

  private static boolean isTemporary(String file) {
    String[] names = file.split("/", -1);
    for (int i = 0; i < names.length - 1; i++) {
      if (TEMPORARY.contains(names[i].toLowerCase(java.util.Locale.ROOT))) {
        return true;
      }
    }
    return false;
  }
}
