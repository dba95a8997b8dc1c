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
 * Finds the log of a process that has died: where {@code -XX:ErrorFile} says, else in its working
 * directory, else in {@code /tmp}, as HotSpot does ({@code VMError::prepare_log_file}).
 */
public final class HsErrLocator {

  private static final String DEFAULT_NAME = "hs_err_pid%p.log";
  private static final String ERROR_FILE = "-XX:ErrorFile=";

  /** A command line may name any number of them; the last ones count. */
  private static final int MAX_NAMED = 16;

  /** One that breaks off before its pid, such as on a full disk. */
  private static final int WITHOUT_PID = 4096;

  private final ProcessFiles files;
  private final String workingDirectory;
  private final Set<Long> users;
  private final long vpid;
  private final long notBeforeMillis;

  /**
   * @param files the process's
   * @param workingDirectory as the process names it; empty where that is not known
   * @param users numbers of its user; a file of somebody else's is none that it wrote. Empty:
   *     unknown
   * @param vpid its pid as itself sees it, which is what it names the file by
   * @param notBeforeMillis a file older than this is another process's of the same pid
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
   * Looks in every place: the first that is of this process.
   *
   * @param commandLine the process's, its name first
   * @param environment VM options that are not on it
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
   * Why there is none, where that is known: by what the VM was told, and by what is where its log
   * was to be.
   *
   * @param commandLine the process's, its name first
   * @param environment VM options that are not on it
   */
  public Optional<String> absence(List<String> commandLine, List<String> environment) {
    return AbsentLog.reason(
        options(commandLine, environment), name -> files.refusal(resolve(name)));
  }

  /** Of two the last one counts; where the environment's come is not known. */
  private List<String> options(List<String> commandLine, List<String> environment) {
    List<String> all = new ArrayList<>(LauncherArguments.vmOptions(commandLine, files));
    all.addAll(environment);
    return all;
  }

  /** Where the log may be, as the process names it, most likely first. */
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

  /** Empty where it can't be read, or is another user's, or older than the process. */
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
