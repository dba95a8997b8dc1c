// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import io.jmortem.hotspot.StackDump;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * All that is known of one death, in the order in which it was written.
 *
 * @param events never null
 * @param problems lines that could not be read, one sentence each
 */
public record Evidence(List<Event> events, List<String> problems) {

  /** The events of one kind, in order. */
  public <E extends Event> Stream<E> all(Class<E> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast);
  }

  /** The first event of a kind that meets a condition. */
  public <E extends Event> Optional<E> first(Class<E> kind, Predicate<E> condition) {
    return all(kind).filter(condition).findFirst();
  }

  /** The first event of a kind. */
  public <E extends Event> Optional<E> first(Class<E> kind) {
    return first(kind, any -> true);
  }

  /** The last event of a kind. */
  public <E extends Event> Optional<E> last(Class<E> kind) {
    List<E> all = new ArrayList<>(all(kind).toList());
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  /** The newest text of a file of {@code /proc/PID} that is not empty. */
  public Optional<String> procFile(String name) {
    return all(Event.ProcFile.class)
        .filter(file -> name.equals(file.name()) && file.text() != null)
        .map(Event.ProcFile::text)
        .reduce((older, newer) -> newer.isBlank() ? older : newer);
  }

  /**
   * What Java calls a thread, if a walk has found it: the kernel's name may be another, such as
   * "java" for "main". Of a virtual thread and its carrier the first that has crashed.
   *
   * @param vtid the thread's number in the process's own pid namespace
   */
  public Optional<String> javaName(int vtid) {
    return last(Event.Stacks.class)
        .map(Event.Stacks::dump)
        .flatMap(
            dump ->
                dump.threads().stream()
                    .filter(thread -> thread.nativeId() != null && thread.nativeId() == vtid)
                    .filter(thread -> thread.id() != null && !thread.name().isEmpty())
                    .min(Comparator.comparing(thread -> !thread.crashed())))
        .map(StackDump.ThreadDump::name);
  }

  /** A value of the options that the helper was given, as text; empty where there is none. */
  public String option(String key) {
    return first(Event.Armed.class)
        .map(armed -> armed.options() == null ? null : armed.options().get(key))
        .map(Object::toString)
        .orElse("");
  }

  /** A value of the options that are the reporter's alone; empty where there is none. */
  public String reportOption(String key) {
    return option("report-options")
        .lines()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElse("");
  }
}
