// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import io.jmortem.proc.LauncherArguments;
import io.jmortem.proc.ProcessFiles;
import io.jmortem.proc.TargetFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the log of a dead process where HotSpot puts it ({@code VMError::prepare_log_file}): at the
 * place of {@code -XX:ErrorFile}, otherwise in the working directory, otherwise in {@code /tmp}.
 */
public final class HsErrLocator {

  private static final String DEFAULT_NAME = "hs_err_pid%p.log";
  private static final String ERROR_FILE = "-XX:ErrorFile=";

  /** A command line may name many files; only the last ones are tried. */
  private static final int MAX_NAMED = 16;

  /** A log that was cut off before its pid, for instance on a full disk. */
  private static final int WITHOUT_PID = 4096;

  private final ProcessFiles files;
  private final String workingDirectory;
  private final Set<Long> users;
  private final long vpid;
  private final long notBeforeMillis;

  /**
   * @param files the process's files
   * @param workingDirectory the process's name for it; empty if it is unknown
   * @param users uids of the process; a file of another user is not its log. Empty: unknown
   * @param vpid the pid in its own pid namespace, which is part of the file's name
   * @param notBeforeMillis an older file belongs to an earlier process with the same pid
   */
  public HsErrLocator(
      ProcessFiles files,
      String workingDirectory,
      Set<Long> users,
      long vpid,
      long notBeforeMillis) {
    this.files = files;
    this.workingDirectory = workingDirectory;
    this.users = users;
    this.vpid = vpid;
    this.notBeforeMillis = notBeforeMillis;
  }

  /**
   * Looks in every place, and returns the first log of this process.
   *
   * @param commandLine the process's arguments, the program's name first
   * @param environment VM options from the environment
   */
  public Optional<HsErrFile> find(List<String> commandLine, List<String> environment) {
    Optional<HsErrFile> withoutPid = Optional.empty();
    for (String named : candidates(commandLine, environment)) {
      Optional<HsErrFile> file = read(named);
      if (file.isPresent() && file.get().log().pid() == vpid) {
        return file;
      }
      if (withoutPid.isEmpty()) {
        withoutPid = file.filter(each -> each.log().pid() < 0 && each.size() < WITHOUT_PID);
      }
    }
    return withoutPid;
  }

  /**
   * Why there is no log, if that is known: from the VM's options, and from what is at its place.
   *
   * @param commandLine the process's arguments, the program's name first
   * @param environment VM options from the environment
   */
  public Optional<String> absence(List<String> commandLine, List<String> environment) {
    return AbsentLog.reason(
        options(commandLine, environment), name -> files.refusal(resolve(name)));
  }

  /** The last option is used; the position of options from the environment is unknown. */
  private List<String> options(List<String> commandLine, List<String> environment) {
    List<String> all = new ArrayList<>(LauncherArguments.vmOptions(commandLine, files));
    all.addAll(environment);
    return all;
  }

  /** Where the log may be, in the process's names, most likely first. */
  List<String> candidates(List<String> commandLine, List<String> environment) {
    List<String> named = new ArrayList<>();
    List<String> all = options(commandLine, environment);
    Collections.reverse(all);
    for (String option : all) {
      if (option.startsWith(ERROR_FILE)
          && option.length() > ERROR_FILE.length()
          && named.size() < MAX_NAMED) {
        named.add(resolve(option.substring(ERROR_FILE.length())));
      }
    }
    named.add(resolve(DEFAULT_NAME));
    named.add(resolve("/tmp/" + DEFAULT_NAME));
    return List.copyOf(new LinkedHashSet<>(named));
  }

  /** {@code %p} is the pid, {@code %%} a percent sign. */
  private String resolve(String pattern) {
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
    boolean isWhole = workingDirectory.isEmpty() || name.indexOf("/") == 0;
    return isWhole ? name.toString() : workingDirectory + "/" + name;
  }

  /** Empty if it can't be read, belongs to another user, or is older than the process. */
  private Optional<HsErrFile> read(String named) {
    Optional<TargetFile> found = files.open(named);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (TargetFile file = found.get()) {
      boolean isOurs =
          (users.isEmpty() || users.contains(file.user()))
              && file.modifiedMillis() >= notBeforeMillis;
      return isOurs
          ? Optional.of(HsErrFile.read(named, file.content(), file.isTruncated()))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
