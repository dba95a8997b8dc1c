// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The id of a container, found in a process's cgroup path or in its mounts. */
public final class ContainerId {

  private static final Pattern HEX =
      Pattern.compile("(?<!\\p{XDigit})\\p{XDigit}{64}(?!\\p{XDigit})");

  private ContainerId() {}

  /**
   * Looks for 64 hexadecimal digits: the ids of Docker, containerd, CRI-O and Podman.
   *
   * @param cgroup text of {@code /proc/PID/cgroup}
   * @param mountinfo text of {@code /proc/PID/mountinfo}; in a cgroup namespace, the cgroup path
   *     has no id, but the container's files are mounted from a directory with its name
   */
  public static Optional<String> find(String cgroup, String mountinfo) {
    Matcher matcher = HEX.matcher(cgroup);
    if (matcher.find()) {
      return Optional.of(matcher.group());
    }
    return mountinfo
        .lines()
        .filter(line -> line.contains("/containers/") && line.contains(" /etc/hostname "))
        .map(HEX::matcher)
        .filter(Matcher::find)
        .map(Matcher::group)
        .findFirst();
  }
}
