// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.redact.Redactor;
import io.jmortem.report.Report;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Redacts a report before it is written in any form. Every text and every key of a map passes the
 * redactor, except fields that are declared safe. A new field is redacted until it is listed here.
 */
final class ReportRedactor {

  /** Safe: our own texts, addresses, numbers, names of classes and methods, paths of modules. */
  static final Map<Class<?>, Set<String>> SAFE =
      Map.ofEntries(
          Map.entry(
              Report.class,
              Set.of("schemaVersion", "uuid", "timestamp", "signature", "fingerprint")),
          Map.entry(Report.FirstCause.class, Set.of("event", "what", "timeUnixNano")),
          Map.entry(Report.FinalStatus.class, Set.of("signal")),
          Map.entry(
              Report.SigInfo.class,
              Set.of("signoHumanReadable", "codeHumanReadable", "address", "access")),
          Map.entry(Report.Sender.class, Set.of("containerId", "how")),
          Map.entry(Report.Capture.class, Set.of("level", "moment", "frozenBy")),
          Map.entry(Report.ThreadInfo.class, Set.of("state", "vmState")),
          Map.entry(Report.EarlierThreads.class, Set.of("moment", "timeUnixNano")),
          Map.entry(Report.LockInfo.class, Set.of("className", "address")),
          Map.entry(Report.WaitInfo.class, Set.of("how", "className", "address")),
          Map.entry(
              Report.Frame.class,
              Set.of(
                  "className",
                  "method",
                  "descriptor",
                  "file",
                  "type",
                  "function",
                  "path",
                  "buildId",
                  "ip",
                  "sp")),
          Map.entry(Report.Ucontext.class, Set.of("arch", "registers", "mappings")),
          Map.entry(Report.Module.class, Set.of("path", "buildId", "start", "end")),
          Map.entry(Report.Counters.class, Set.of("benign")),
          Map.entry(
              Report.TimelineEntry.class,
              Set.of("id", "timeUnixNano", "sinceFaultNanos", "eventName")));

  /**
   * How one record of a report is taken apart and put together.
   *
   * @param unsafe the indices of the components that must be redacted
   */
  private record Kind(
      Constructor<?> constructor, List<RecordComponent> components, List<Integer> unsafe) {

    static Kind of(Class<?> type) {
      RecordComponent[] components = type.getRecordComponents();
      Class<?>[] types = new Class<?>[components.length];
      List<Integer> unsafe = new ArrayList<>();
      for (int i = 0; i < components.length; i++) {
        types[i] = components[i].getType();
        boolean isText = !types[i].isPrimitive() && !types[i].isEnum();
        if (isText && !SAFE.getOrDefault(type, Set.of()).contains(components[i].getName())) {
          unsafe.add(i);
        }
      }
      try {
        return new Kind(type.getDeclaredConstructor(types), List.of(components), unsafe);
      } catch (NoSuchMethodException e) {
        throw new IllegalStateException("every record has this constructor", e);
      }
    }
  }

  private final Redactor redactor;
  private final Map<Class<?>, Kind> kinds = new HashMap<>();

  private ReportRedactor(Redactor redactor) {
    this.redactor = redactor;
  }

  /** The report without its secrets; the same object if redaction is off. */
  static Report redact(Report report, Redactor redactor) {
    return redactor.isOn() ? (Report) new ReportRedactor(redactor).redactRecord(report) : report;
  }

  private @Nullable Object redact(Object value) {
    if (value instanceof String text) {
      return redactor.text(text);
    } else if (value instanceof List<?> list) {
      List<Object> clean = new ArrayList<>(list.size());
      list.forEach(element -> clean.add(redact(element)));
      return clean;
    } else if (value instanceof Map<?, ?> map) {
      Map<Object, Object> clean = new LinkedHashMap<>();
      map.forEach((key, element) -> clean.put(redact(key), member(String.valueOf(key), element)));
      return clean;
    } else if (value instanceof Record part) {
      return redactRecord(part);
    }
    return value; // a number or a boolean
  }

  private @Nullable Object member(String name, Object value) {
    return value instanceof String text
        ? redactor.member(name, text)
        : redactor.isSecret(name) && value != null ? Redactor.REDACTED : redact(value);
  }

  private Object redactRecord(Record whole) {
    Kind kind = kinds.computeIfAbsent(whole.getClass(), Kind::of);
    if (kind.unsafe().isEmpty()) {
      return whole;
    }
    Object[] values = new Object[kind.components().size()];
    try {
      for (int i = 0; i < values.length; i++) {
        values[i] = kind.components().get(i).getAccessor().invoke(whole);
      }
      for (int i : kind.unsafe()) {
        values[i] = redact(values[i]);
      }
      return kind.constructor().newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a report's part can be taken apart", e);
    }
  }
}
