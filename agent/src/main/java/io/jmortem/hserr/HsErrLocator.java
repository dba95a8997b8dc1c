// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import io.jmortem.proc.ProcessFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the log of a process that has died: where {@code -XX:ErrorFile} says, else in its working
 * directory, else in {@code /tmp}, as HotSpot does ({@code VMError::prepare_log_file}).
 */
public final class HsErrLocator {

  private static final String DEFAULT_NAME = "hs_err_pid%p.log";
  private static final Pattern ERROR_FILE = Pattern.compile("-XX:ErrorFile=(.+)");

  /** An argument file of the launcher, which the command line names only. */
  private static final long MAX_ARGUMENT_FILE = 1024 * 1024;

  private static final long MAX_LOG = 64L * 1024 * 1024;

  private final ProcessFiles files;
  private final Path workingDirectory;
  private final long vpid;
  private final long notBeforeMillis;

  /**
   * @param files the process's
   * @param vpid its pid as itself sees it, which is what it names the file by
   * @param notBeforeMillis a file older than this is another process's of the same pid
   */
  public HsErrLocator(ProcessFiles files, long vpid, long notBeforeMillis) {
    this.files = files;
    this.workingDirectory = files.name();
    this.vpid = vpid;
    this.notBeforeMillis = notBeforeMillis;
  }

  /**
   * Looks in every place. The answer is as the process names it.
   *
   * @param arguments the process's command line, and VM options of its environment
   */
  public Optional<Path> find(List<String> arguments) {
    return candidates(arguments).stream().filter(this::isOurs).findFirst();
  }

  /** Where the log may be, most likely first. */
  public List<Path> candidates(List<String> arguments) {
    Set<Path> candidates = new LinkedHashSet<>();
    List<String> all = new ArrayList<>();
    for (String argument : arguments) {
      all.add(argument);
      if (argument.startsWith("@")) {
        all.addAll(readArgumentFile(argument.substring(1)));
      }
    }
    // the last one counts, and the environment's come where nobody can tell from here
    for (int i = all.size() - 1; i >= 0; i--) {
      Matcher matcher = ERROR_FILE.matcher(all.get(i));
      if (matcher.matches()) {
        resolve(matcher.group(1)).ifPresent(candidates::add);
      }
    }
    resolve(DEFAULT_NAME).ifPresent(candidates::add);
    resolve("/tmp/" + DEFAULT_NAME).ifPresent(candidates::add);
    return List.copyOf(candidates);
  }

  private List<String> readArgumentFile(String name) {
    try {
      Path file = files.reached(workingDirectory.resolve(name));
      if (Files.size(file) > MAX_ARGUMENT_FILE) {
        return List.of();
      }
      return List.of(Files.readString(file).replace("\"", "").split("\\s+"));
    } catch (IOException | InvalidPathException e) {
      return List.of();
    }
  }

  /** {@code %p} is the pid, {@code %%} a percent sign. */
  private Optional<Path> resolve(String pattern) {
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      char next = i + 1 < pattern.length() ? pattern.charAt(i + 1) : 0;
      if (c == '%' && next == 'p') {
        name.append(vpid);
        i++;
      } else if (c == '%' && next == '%') {
        name.append('%');
        i++;
      } else {
        name.append(c);
      }
    }
    try {
      return Optional.of(workingDirectory.resolve(name.toString()).normalize());
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private boolean isOurs(Path named) {
    Path file = files.reached(named);
    try {
      return files.isItsFile(named)
          && Files.size(file) <= MAX_LOG
          && Files.getLastModifiedTime(file).toMillis() >= notBeforeMillis;
    } catch (IOException e) {
      return false;
    }
  }
}
