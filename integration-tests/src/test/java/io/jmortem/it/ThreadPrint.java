// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The second oracle: {@code jcmd Thread.print} of the VM before it is stopped. It is used for
 * threads that do not move, and for collectors that jhsdb does not support.
 */
final class ThreadPrint {

  private static final Pattern THREAD = Pattern.compile("\"(.*)\" #(\\d+).*");
  private static final Pattern FRAME = Pattern.compile("\tat (.+)\\((?:[^()]*/)?([^()/]*)\\)");

  private ThreadPrint() {}

  static String run(Jdk jdk, long pid) {
    List<String> command = new ArrayList<>();
    if (jdk.root() != null) {
      command.addAll(List.of("nsenter", "-t", Long.toString(pid), "--mount", "--root", "--wd"));
    }
    command.add(jdk.java().resolveSibling("jcmd").toString());
    command.addAll(List.of(Long.toString(pid), "Thread.print"));
    return Tests.run(command.toArray(String[]::new));
  }

  /** Frames by tid: {@code class.method(File.java:line)}. */
  static Map<Long, List<String>> parse(String output) {
    Map<Long, List<String>> threads = new LinkedHashMap<>();
    List<String> frames = new ArrayList<>();
    for (String line : output.lines().toList()) {
      Matcher thread = THREAD.matcher(line);
      Matcher frame = FRAME.matcher(line);
      if (thread.matches()) {
        frames = new ArrayList<>();
        threads.put(Long.parseLong(thread.group(2)), frames);
      } else if (frame.matches()) {
        frames.add(withoutNumbers(frame.group(1)) + "(" + frame.group(2) + ")");
      }
    }
    return threads;
  }

  /** A hidden class's name differs: a slash here, a plus in the VM. */
  static String withoutNumbers(String name) {
    return name.replaceAll("[/+]0x\\p{XDigit}+|(?<=\\$\\$Lambda)\\$\\d+", "");
  }
}
