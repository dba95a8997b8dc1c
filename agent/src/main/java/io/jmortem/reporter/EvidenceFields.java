// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.jmortem.evidence.Event;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which fields of the evidence hold no text of anybody else's: ours, the kernel's or HotSpot's
 * words, addresses, numbers as text, names of classes, methods and files of sources. All others are
 * redacted, those that are new among them.
 */
final class EvidenceFields {

  /** Of each event; {@code *} are all fields of an object, and of lists those of its elements. */
  private static final String[][] SAFE = {
    {"armed", "helper", "level", "boot_unix_nano"},
    {"signal_sent", "cgroup_id"},
    {"fatal_error", "marker", "freeze", "file"},
    {"abort", "freeze", "caller", "registers.*"},
    {"fatal_signal", "si_addr", "registers.*"},
    {"frozen", "moment", "by", "took_ns"},
    {"released", "moment", "held_ns"},
    {"problem", "moment"},
    {"thread", "moment", "registers.*"},
    {"proc_file", "name"},
    {"cgroup_file", "name"},
    {"snapshot", "name"},
    {"stacks", "moment", "dump.threads.state", "dump.threads.vmState"},
    {"stacks", "dump.threads.frames.kind", "dump.threads.frames.className"},
    {"stacks", "dump.threads.frames.method", "dump.threads.frames.descriptor"},
    {"stacks", "dump.threads.frames.file", "dump.threads.frames.function"},
    {"stacks", "dump.threads.frames.trust", "dump.threads.holds.className"},
    {"stacks", "dump.threads.waitsFor.how", "dump.threads.waitsFor.lock.className"},
    {"stacks", "dump.deadlocks.locks.className", "dump.search.what"},
    {"exit_called", "caller", "registers.*"},
  };

  private static final String[] OF_EACH_EVENT = {"id", "event", "timeUnixNano"};

  private static final String[] OF_FAULTS = {
    "fault.si_addr", "fault.handler", "fault.timeUnixNano", "fault.registers.*"
  };

  private static final Map<String, EvidenceFields> BY_EVENT = byEvent();

  /** The names of all fields that there are: they are as they are. */
  private static final Set<String> NAMES = names();

  /** An event that is not known. */
  private static final EvidenceFields ANY = of();

  /** Below what is not known. */
  static final EvidenceFields NOTHING = new EvidenceFields();

  private final Map<String, EvidenceFields> fields = new HashMap<>();
  private boolean isSafe;

  private EvidenceFields() {}

  private static EvidenceFields of() {
    EvidenceFields root = new EvidenceFields();
    for (String path : OF_EACH_EVENT) {
      root.add(path);
    }
    return root;
  }

  private static Map<String, EvidenceFields> byEvent() {
    Map<String, EvidenceFields> events = new HashMap<>();
    for (String[] row : SAFE) {
      EvidenceFields root = events.computeIfAbsent(row[0], name -> of());
      for (int i = 1; i < row.length; i++) {
        root.add(row[i]);
      }
    }
    for (String name : new String[] {"fatal_error", "fatal_signal"}) {
      for (String path : OF_FAULTS) {
        events.get(name).add(path);
      }
    }
    return events;
  }

  private void add(String path) {
    EvidenceFields at = this;
    for (String name : path.split("\\.", -1)) {
      at = at.fields.computeIfAbsent(name, key -> new EvidenceFields());
    }
    at.isSafe = true;
  }

  /**
   * The fields of an event.
   *
   * @param event its name; null while it is not known
   */
  static EvidenceFields ofEvent(String event) {
    return BY_EVENT.getOrDefault(event, ANY);
  }

  /** What is known of a field of this object. */
  EvidenceFields field(String name) {
    EvidenceFields all = fields.get("*");
    EvidenceFields one = fields.get(name);
    return one != null ? one : all != null ? all : NOTHING;
  }

  /** Whether its text is none of anybody else's. */
  boolean isSafe() {
    return isSafe;
  }

  /** Whether it is the name of a field of the evidence, and not a key that somebody has chosen. */
  static boolean isName(String key) {
    return NAMES.contains(key);
  }

  private static Set<String> names() {
    Set<String> names = new HashSet<>(Set.of("event"));
    for (Class<?> kind : Event.class.getPermittedSubclasses()) {
      addNames(names, kind, new HashSet<>());
    }
    return names;
  }

  private static void addNames(Set<String> names, Type type, Set<Type> seen) {
    if (type instanceof ParameterizedType list) {
      for (Type element : list.getActualTypeArguments()) {
        addNames(names, element, seen);
      }
    } else if (type instanceof Class<?> kind && kind.isRecord() && seen.add(kind)) {
      for (RecordComponent component : kind.getRecordComponents()) {
        JsonProperty property = component.getAccessor().getAnnotation(JsonProperty.class);
        names.add(property == null ? component.getName() : property.value());
        addNames(names, component.getGenericType(), seen);
      }
    }
  }
}
