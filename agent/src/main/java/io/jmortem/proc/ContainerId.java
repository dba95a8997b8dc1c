// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The id that a container runtime leaves in a process's cgroup path or in its mounts. */
public final class ContainerId {

  private static final Pattern HEX =
      Pattern.compile("(?<!\\p{XDigit})\\p{XDigit}{64}(?!\\p{XDigit})");

  private ContainerId() {}

  /**
   * Looks for 64 hexadecimal digits, as Docker, containerd, CRI-O and Podman use them.
   *
   * @param cgroup text of {@code /proc/PID/cgroup}
   * @param mountinfo text of {@code /proc/PID/mountinfo}: with a cgroup namespace the first tells
   *     nothing, but the container's own files are mounted from a directory of its name
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
