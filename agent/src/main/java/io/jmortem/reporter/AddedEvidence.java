// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.store.ReportDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Adds to the evidence what the reporter found after the death, for a later rebuild. */
final class AddedEvidence {

  /** What an event lacks is left out, as the helper leaves it out. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .build();

  private AddedEvidence() {}

  /** Returns the evidence with one more event, and appends the event to the file. */
  static Evidence add(Event event, Evidence evidence, ReportDirectory directory)
      throws IOException {
    directory.appendEvidence(MAPPER.writerFor(Event.class).writeValueAsString(event) + "\n");
    List<Event> events = new ArrayList<>(evidence.events());
    events.add(event);
    return new Evidence(List.copyOf(events), evidence.problems());
  }
}
