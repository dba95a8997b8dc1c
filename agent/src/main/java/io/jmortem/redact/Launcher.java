// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import io.jmortem.proc.LauncherArguments;
import java.util.Set;

/**
 * The part of a command line that belongs to the {@code java} launcher: from its name to the main
 * class. In this part, {@code -p} is the module path.
 */
final class Launcher {

  private static final Set<String> END = Set.of("-m", "--module", "-jar");

  private boolean isNamed;
  private boolean hasEnded;
  private boolean isValue;

  /** Takes the next word; returns whether it is an option of the launcher. */
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
