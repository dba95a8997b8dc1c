// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.proc.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/** The process's memory cgroup and those above it, at arming and at the end. */
final class MemoryCgroups {

  /** In cgroup v1, "no limit" is the largest multiple of a page. */
  private static final long NO_LIMIT = 1L << 60;

  private static final long MIB = 1 << 20;

  /** A full cgroup stays a little below its limit: the kernel charges memory in batches. */
  private static final int FULL_PERCENT = 95;

  private final String path;
  private final Map<Integer, Level> levels = new TreeMap<>();

  /**
   * One cgroup.
   *
   * @param before its counters when the JVM was armed, by file name
   * @param after all its files at the end
   */
  record Level(String path, Map<String, String> before, Map<String, String> after) {

    /** The text of its limit; empty if there is none. */
    String limit() {
      long bytes = number(after, "memory.max", "memory.limit_in_bytes");
      return bytes < 0 || bytes > NO_LIMIT ? "" : mebibytes(bytes);
    }

    private boolean isLimited() {
      return !limit().isEmpty();
    }

    private boolean isFull() {
      long limit = number(after, "memory.max", "memory.limit_in_bytes");
      long used = number(after, "memory.current", "memory.usage_in_bytes");
      return isLimited() && used >= limit / 100 * FULL_PERCENT;
    }

    /** Counts its own processes; memory.events of v2 counts the cgroups below, too. */
    private long kills() {
      String file =
          after.containsKey("memory.events.local") ? "memory.events.local" : "memory.events";
      return grown("oom_kill", file, "memory.oom_control", "oom_kill");
    }

    /** How much a counter has grown, in either version's file. */
    private long grown(String line, String file, String fileOfVersion1, String lineOfVersion1) {
      long now = counter(after, file, line, fileOfVersion1, lineOfVersion1);
      long then = counter(before, file, line, fileOfVersion1, lineOfVersion1);
      return then < 0 ? 0 : now - then;
    }

    private static long counter(
        Map<String, String> files, String file, String line, String file1, String line1) {
      long found = valueOf(files.get(file), line);
      return found >= 0 ? found : valueOf(files.get(file1), line1);
    }
  }

  MemoryCgroups(Evidence evidence) {
    this.path = memoryPath(evidence.procFile("cgroup").orElse(""));
    List<Event.CgroupFile> files = evidence.all(Event.CgroupFile.class).toList();
    BinaryOperator<String> first = (older, newer) -> older;
    BinaryOperator<String> last = (older, newer) -> newer;
    int depth = files.stream().mapToInt(Event.CgroupFile::level).max().orElse(-1);
    for (int i = 0; i <= depth; i++) {
      levels.put(i, new Level(parent(path, i), texts(files, i, first), texts(files, i, last)));
    }
  }

  private static Map<String, String> texts(
      List<Event.CgroupFile> files, int level, BinaryOperator<String> which) {
    Map<String, String> texts = new TreeMap<>();
    for (Event.CgroupFile file : files) {
      if (file.level() == level && file.name() != null && file.text() != null) {
        texts.merge(file.name(), file.text(), which);
      }
    }
    return texts;
  }

  /** The path in {@code /proc/PID/cgroup}: of the memory controller, or of version 2. */
  private static String memoryPath(String cgroup) {
    String unified = "";
    for (String line : cgroup.lines().toList()) {
      String[] fields = line.split(":", 3);
      if (fields.length == 3 && fields[1].equals("memory")) {
        return fields[2];
      } else if (fields.length == 3 && fields[0].equals("0")) {
        unified = fields[2];
      }
    }
    return unified;
  }

  private static String parent(String path, int times) {
    String parent = path;
    for (int i = 0; i < times; i++) {
      parent = parent.substring(0, Math.max(parent.lastIndexOf('/'), 0));
    }
    return parent.isEmpty() ? "/" : parent;
  }

  long killsSinceArming() {
    Level own = levels.get(0);
    return own == null ? 0 : Math.max(0, own.kills());
  }

  /** The cgroup that the kernel names; a container sees only the last part of its path. */
  Optional<Level> named(String logged) {
    return logged == null
        ? Optional.empty()
        : levels.values().stream()
            .filter(level -> level.isLimited() && logged.endsWith(level.path()))
            .findFirst();
  }

  /** The nearest cgroup that was at its limit while the process's memory still existed. */
  Optional<Level> thatIsFull() {
    return levels.values().stream().filter(Level::isFull).findFirst();
  }

  /** A sentence for each cgroup that has a limit. */
  List<String> figures() {
    List<String> sentences = new ArrayList<>();
    for (Level level : levels.values()) {
      if (level.isLimited()) {
        sentences.add(
            "cgroup "
                + level.path()
                + ": limit "
                + level.limit()
                + figure(
                    ", in use ", number(level.after(), "memory.current", "memory.usage_in_bytes"))
                + figure(
                    ", at most ", number(level.after(), "memory.peak", "memory.max_usage_in_bytes"))
                + grown(level));
      }
    }
    return sentences;
  }

  private static String grown(Level level) {
    long kills = level.kills();
    return kills > 0 ? ", OOM kills since arming: " + kills : "";
  }

  private static String figure(String words, long bytes) {
    return bytes < 0 ? "" : words + mebibytes(bytes);
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.0f MiB", bytes / (double) MIB);
  }

  private static long number(Map<String, String> files, String name, String nameOfVersion1) {
    String text = files.containsKey(name) ? files.get(name) : files.get(nameOfVersion1);
    return text == null ? -1 : Numbers.leading(text).orElse(-1);
  }

  /** The value behind a line's name, or of the whole file where the name is empty; -1 for none. */
  private static long valueOf(@Nullable String text, String line) {
    if (text == null) {
      return -1;
    }
    if (line.isEmpty()) {
      return Numbers.leading(text).orElse(-1);
    }
    return text.lines()
        .filter(each -> each.startsWith(line + " "))
        .mapToLong(each -> Numbers.leading(each.substring(line.length() + 1)).orElse(-1))
        .findFirst()
        .orElse(-1);
  }
}
