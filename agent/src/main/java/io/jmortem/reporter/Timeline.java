// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.proc.SignalNames;
import io.jmortem.report.Report.TimelineEntry;
import io.jmortem.verdict.ExitStatus;
import io.jmortem.verdict.Senders;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The events of the evidence in the order of time, without the copied files. If there are very many
 * events, those in the middle are left out.
 */
final class Timeline {

  /** An application may send itself any number of signals. */
  private static final int MAX_ENTRIES = 10_000;

  /** How many of the first events are kept; the rest are the last ones. */
  private static final int FIRST_ENTRIES = 1000;

  private Timeline() {}

  /**
   * @param zeroUnixNano the moment to which the times of the entries are relative
   */
  static List<TimelineEntry> of(Evidence evidence, long zeroUnixNano) {
    List<Event> events =
        evidence.events().stream()
            .filter(event -> name(event) != null)
            .sorted(Comparator.comparingLong(Event::timeUnixNano))
            .toList();
    int leftOut = Math.max(events.size() - MAX_ENTRIES, 0);
    return Stream.concat(
            events.stream().limit(FIRST_ENTRIES), events.stream().skip(FIRST_ENTRIES + leftOut))
        .map(event -> entry(event, zeroUnixNano))
        .toList();
  }

  private static TimelineEntry entry(Event event, long zero) {
    return new TimelineEntry(
        event.id(),
        Long.toString(event.timeUnixNano()),
        Long.toString(event.timeUnixNano() - zero),
        name(event),
        attributes(event));
  }

  /** The name of an event for the reader; null if the timeline does not show it. */
  static @Nullable String name(Event event) {
    if (event instanceof Event.Armed) {
      return "armed";
    } else if (event instanceof Event.SignalSent sent) {
      return SignalNames.signal(sent.signo()) + " sent";
    } else if (event instanceof Event.FatalError error) {
      return error.first() ? "HotSpot started its error report" : "another fatal error";
    } else if (event instanceof Event.Abort) {
      return "abort() called";
    } else if (event instanceof Event.FatalSignal signal) {
      return SignalNames.signal(signal.signo()) + " took its default action";
    } else if (event instanceof Event.Frozen) {
      return "frozen";
    } else if (event instanceof Event.Released) {
      return "released";
    } else if (event instanceof Event.ExitCalled called) {
      return called.immediate() ? "_exit() called" : "exit() called";
    } else if (event instanceof Event.OomVictim) {
      return "chosen by the OOM killer";
    } else if (event instanceof Event.Exiting) {
      return "stopped in its exit";
    } else if (event instanceof Event.KernelLog) {
      return "kernel log";
    } else if (event instanceof Event.Debugger) {
      return "a debugger attached";
    }
    return event instanceof Event.Exit ? "ended" : null;
  }

  private static Map<String, Object> attributes(Event event) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    if (event instanceof Event.SignalSent sent && sent.thread().hasNumbers()) {
      attributes.put("by", sent.thread().comm());
      attributes.put("pid", sent.thread().tgid());
      if (Senders.how(sent) != null) {
        attributes.put("how", Senders.how(sent));
      }
    } else if (event instanceof Event.FatalError error) {
      thread(attributes, error.thread());
      attributes.put("marker", error.marker());
    } else if (event instanceof Event.Abort abort) {
      thread(attributes, abort.thread());
    } else if (event instanceof Event.FatalSignal signal) {
      thread(attributes, signal.thread());
    } else if (event instanceof Event.Frozen frozen) {
      attributes.put("by", frozen.by());
      attributes.put("threads", frozen.threads());
    } else if (event instanceof Event.ExitCalled called) {
      thread(attributes, called.thread());
      attributes.put("status", called.status());
    } else if (event instanceof Event.OomVictim victim) {
      attributes.put("memory_for", victim.thread() == null ? "?" : victim.thread().comm());
    } else if (event instanceof Event.Debugger debugger) {
      thread(attributes, debugger.thread());
    } else if (event instanceof Event.KernelLog log) {
      attributes.put("text", log.text());
    } else if (event instanceof Event.Exiting exiting) {
      status(attributes, exiting.status());
    } else if (event instanceof Event.Exit exit) {
      status(attributes, exit.status());
    }
    return attributes;
  }

  private static void status(Map<String, Object> attributes, int raw) {
    ExitStatus status = ExitStatus.of(raw);
    if (status.signo() == 0) {
      attributes.put("code", status.code());
    } else {
      attributes.put("signal", SignalNames.signal(status.signo()));
    }
  }

  private static void thread(Map<String, Object> attributes, Event.ThreadIds thread) {
    if (thread != null) {
      attributes.put("thread", thread.comm());
      attributes.put("tid", thread.vtid());
    }
  }
}
