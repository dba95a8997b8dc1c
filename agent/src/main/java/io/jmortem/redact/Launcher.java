// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import io.jmortem.proc.LauncherArguments;
import java.util.Set;

/**
 * The {@code java} launcher's own part of a command line, word by word: from its name to the main
 * class. There {@code -p} is the module path.
 */
final class Launcher {

  private static final Set<String> END = Set.of("-m", "--module", "-jar");

  private boolean isNamed;
  private boolean hasEnded;
  private boolean isValue;

  /** Goes on by a word; answers whether it is an option of the launcher's. */
  boolean isOption(String word) {
    if (!isNamed) {
      isNamed = word.equals("java") || word.endsWith("/java");
      return false;
    }
    if (isValue) {
      isValue = false;
      return false;
    }
    boolean isOption = word.startsWith("-") || word.startsWith("@");
    hasEnded |= !isOption || END.contains(word);
    isValue = LauncherArguments.takesNextWord(word);
    return !hasEnded;
  }

  boolean hasEnded() {
    return hasEnded;
  }
}
