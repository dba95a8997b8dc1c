// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.redact.Redactor;
import io.jmortem.report.Report;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Fields of a report that are not declared safe can't show a secret; new fields, too. */
class ReportRedactorTest {

  private static final String CANARY = "x password=canary";

  private static Object filled(Type type) throws ReflectiveOperationException {
    if (type instanceof ParameterizedType generic) {
      Type[] of = generic.getActualTypeArguments();
      return of.length == 1
          ? List.of(filled(of[0]))
          : Map.of("a", filled(of[1]), CANARY, filled(of[1]), "api.key", filled(of[1]));
    }
    Class<?> kind = (Class<?>) type;
    if (kind.isRecord()) {
      RecordComponent[] components = kind.getRecordComponents();
      Object[] values = new Object[components.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = filled(components[i].getGenericType());
      }
      return kind.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new))
          .newInstance(values);
    } else if (kind == String.class || kind == Object.class) {
      return CANARY;
    } else if (kind.isEnum()) {
      return kind.getEnumConstants()[0];
    } else if (kind == boolean.class || kind == Boolean.class) {
      return true;
    } else if (kind == double.class || kind == Double.class) {
      return 7.0;
    }
    return kind == long.class || kind == Long.class ? (Object) 7L : (Object) 7;
  }

  /** Collects the places where the canary is visible. */
  private static void collect(String path, Object value, List<String> seen)
      throws ReflectiveOperationException {
    if (value instanceof String text && text.contains("canary")) {
      seen.add(path);
    } else if (value instanceof List<?> list) {
      for (Object element : list) {
        collect(path, element, seen);
      }
    } else if (value instanceof Map<?, ?> map) {
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        collect(path, entry.getKey(), seen);
        collect(path, entry.getValue(), seen);
      }
    } else if (value instanceof Record) {
      for (RecordComponent component : value.getClass().getRecordComponents()) {
        String name = value.getClass().getSimpleName() + "." + component.getName();
        collect(name, component.getAccessor().invoke(value), seen);
      }
    }
  }

  @Test
  void undeclaredTextIsRedacted() throws ReflectiveOperationException {
    Report report = (Report) filled(Report.class);
    List<String> seen = new ArrayList<>();
    collect("", ReportRedactor.redact(report, new Redactor(true)), seen);
    Set<String> safe = new java.util.TreeSet<>();
    ReportRedactor.SAFE.forEach(
        (kind, names) -> names.forEach(name -> safe.add(kind.getSimpleName() + "." + name)));

    assertEquals(safe, new java.util.TreeSet<>(seen), "the safe ones show it, no other does");
    for (String name :
        List.of(
            "ThreadInfo.name",
            "Sender.commandLine",
            "Jvm.arguments",
            "HsErr.parsed",
            "Report.tags",
            "Report.softErrors",
            "TimelineEntry.attributes",
            "Report.resource",
            "Diagnosis.summary",
            "Diagnosis.evidence",
            "StackGroup.names",
            "Deadlock.threads",
            "WaitInfo.ownerName",
            "Ancestor.executable",
            "Capture.missing")) {
      assertFalse(safe.contains(name), name);
    }
  }

  @Test
  void declaredTextIsKept() {
    ReportRedactor.SAFE.forEach(
        (kind, names) ->
            assertTrue(
                Arrays.stream(kind.getRecordComponents())
                    .map(RecordComponent::getName)
                    .toList()
                    .containsAll(names),
                kind::getName));
  }

  @Test
  void offChangesNothing() throws ReflectiveOperationException {
    Report report = (Report) filled(Report.class);

    assertSame(report, ReportRedactor.redact(report, new Redactor(false)));
  }
}
