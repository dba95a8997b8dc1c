// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The oracle: {@code jhsdb jstack} of the same JDK on the same stopped process. */
final class Jhsdb {

  private static final Pattern THREAD =
      Pattern.compile("\"(.*)\" #(\\d+).* tid=0x\\p{XDigit}+ nid=(0x\\p{XDigit}+|\\d+) .*");
  private static final Pattern STATE = Pattern.compile(" *java.lang.Thread.State: (\\w+).*");
  private static final Pattern VM_STATE = Pattern.compile(" *JavaThread state: (\\w+)");
  private static final Pattern FRAME =
      Pattern.compile(" - (.+)\\.([^.(]+)\\((.*?)\\) @bci=(-?\\d+)(?:, line=(\\d+))? \\((.*)\\)");
  private static final Pattern LOCKED =
      Pattern.compile("\\s+- locked <0x(\\p{XDigit}+)> \\(a .*\\)");

  /**
   * A thread as jhsdb shows it.
   *
   * @param frames {@code class.method(types)@bci:line}, newest first
   * @param locked identities, newest first
   */
  record OracleThread(
      String name,
      long id,
      int nativeId,
      String state,
      String vmState,
      List<String> frames,
      List<Long> locked) {}

  private Jhsdb() {}

  /** Its whole output. */
  static String run(Jdk jdk, long pid) {
    List<String> command = new ArrayList<>();
    if (jdk.root() != null) {
      // elsewhere it would not find the files mapped in the process
      command.addAll(List.of("nsenter", "-t", Long.toString(pid), "--mount", "--root", "--wd"));
    }
    command.add(jdk.java().resolveSibling("jhsdb").toString());
    command.addAll(List.of("-J-Dstdout.encoding=UTF-8", "-J-Dsun.stdout.encoding=UTF-8"));
    command.addAll(List.of("jstack", "--pid", Long.toString(pid)));
    return Tests.run(command.toArray(String[]::new));
  }

  static List<OracleThread> parse(String output) {
    List<OracleThread> threads = new ArrayList<>();
    Builder current = null;
    for (String line : output.lines().toList()) {
      Matcher thread = THREAD.matcher(line);
      if (thread.matches()) {
        if (current != null) {
          threads.add(current.build());
        }
        current = new Builder(thread);
      } else if (current != null) {
        current.line(line);
      }
    }
    if (current != null) {
      threads.add(current.build());
    }
    return threads;
  }

  private static final class Builder {
    private final String name;
    private final long id;
    private final int nativeId;
    private final List<String> frames = new ArrayList<>();
    private final List<Long> locked = new ArrayList<>();
    private String state;
    private String vmState;

    Builder(Matcher thread) {
      name = thread.group(1);
      id = Long.parseLong(thread.group(2));
      nativeId = Integer.decode(thread.group(3));
    }

    void line(String line) {
      Matcher matcher = STATE.matcher(line);
      if (matcher.matches()) {
        state = matcher.group(1);
        return;
      }
      matcher = VM_STATE.matcher(line);
      if (matcher.matches()) {
        vmState = matcher.group(1);
        return;
      }
      matcher = FRAME.matcher(line);
      if (matcher.matches()) {
        String source = matcher.group(5) == null ? "" : ":" + matcher.group(5);
        frames.add(
            matcher.group(1).replace("+0x", "/0x")
                + "."
                + matcher.group(2)
                + "("
                + matcher.group(3)
                + ")@"
                + matcher.group(4)
                + source);
        return;
      }
      matcher = LOCKED.matcher(line);
      if (matcher.matches()) {
        locked.add(Long.parseUnsignedLong(matcher.group(1), 16));
      }
    }

    OracleThread build() {
      return new OracleThread(name, id, nativeId, state, vmState, frames, locked);
    }
  }
}
