// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the command line of a {@code java} launcher as the launcher does (the JDK's {@code
 * libjli/args.c}). Words before the main class belong to the VM; argument files ({@code @file}) are
 * expanded. Words after it belong to the application, and are not looked at.
 */
public final class LauncherArguments {

  /** More argument files are not read. */
  private static final int MAX_FILES = 64;

  private static final int MAX_WORDS = 100_000;

  /** Options that take the next word, whatever it is; {@code -jar} and {@code -m} end the list. */
  private static final Set<String> WITH_VALUE =
      Set.of(
          "-cp",
          "-classpath",
          "--class-path",
          "-p",
          "--module-path",
          "--upgrade-module-path",
          "--add-modules",
          "--limit-modules",
          "--add-exports",
          "--add-opens",
          "--add-reads",
          "--patch-module",
          "--enable-native-access",
          "--describe-module",
          "-d",
          "--source");

  private final ProcessFiles files;
  private final List<String> options = new ArrayList<>();
  private int filesLeft = MAX_FILES;
  private boolean expectsValue;
  private boolean expands = true;
  private boolean isAtMainClass;

  private LauncherArguments(ProcessFiles files) {
    this.files = files;
  }

  /**
   * The options before the main class, {@code -jar} or {@code -m}: words that begin with a hyphen
   * and are not values of other options.
   *
   * @param commandLine the arguments, the program's name first
   * @param files for reading argument files; one that can't be read is ignored
   */
  public static List<String> vmOptions(List<String> commandLine, ProcessFiles files) {
    LauncherArguments arguments = new LauncherArguments(files);
    for (int i = 1; i < commandLine.size() && !arguments.isAtMainClass; i++) {
      arguments.expanded(commandLine.get(i));
    }
    return List.copyOf(arguments.options);
  }

  /** Whether an option takes the next word as its value. */
  public static boolean takesNextWord(String option) {
    return WITH_VALUE.contains(option);
  }

  private void expanded(String word) {
    if (!expands || word.length() < 2 || word.charAt(0) != '@') {
      add(word);
    } else if (word.charAt(1) == '@') { // escaped
      add(word.substring(1));
    } else if (filesLeft-- > 0) {
      // argument files are not expanded inside argument files
      words(word.substring(1)).forEach(this::add);
    }
  }

  private void add(String word) {
    if (isAtMainClass) {
      return;
    }
    boolean isValue = expectsValue;
    expectsValue = takesNextWord(word);
    if (!word.startsWith("-")) {
      isAtMainClass = !isValue;
      return;
    }
    if (word.equals("--disable-@files")) {
      expands = false;
    }
    isAtMainClass = word.startsWith("--module=");
    if (!isValue && options.size() < MAX_WORDS) {
      options.add(word);
    }
  }

  private List<String> words(String file) {
    Optional<TargetFile> found = files.openHead(file);
    if (found.isEmpty()) {
      return List.of();
    }
    try (TargetFile opened = found.get()) {
      byte[] content = opened.content().readNBytes(ProcessFiles.HEAD);
      return opened.size() > content.length
          ? List.of()
          : ArgumentFile.words(new String(content, StandardCharsets.UTF_8));
    } catch (IOException e) {
      return List.of();
    }
  }
}
