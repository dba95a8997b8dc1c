// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hserr.HsErrFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The problems that occurred on the way to a report and did not prevent it. */
final class SoftErrors {

  /** Nobody reads more than this. */
  private static final int MAX_SOFT_ERRORS = 500;

  private SoftErrors() {}

  static List<String> of(Evidence evidence, Optional<LocatedLog> log) {
    List<String> errors = new ArrayList<>(evidence.problems());
    evidence.all(Event.Problem.class).map(Event.Problem::text).forEach(errors::add);
    evidence
        .all(Event.Stacks.class)
        .map(Event.Stacks::dump)
        .filter(Objects::nonNull)
        .map(StackDump::softErrors)
        .forEach(errors::addAll);
    log.map(LocatedLog::log).ifPresent(found -> errors.addAll(found.errors()));
    log.map(LocatedLog::file)
        .filter(HsErrFile::isTruncated)
        .ifPresent(
            file -> errors.add("hs_err: only the first " + file.size() + " bytes were read"));
    evidence
        .all(Event.ProcFile.class)
        .filter(Event.ProcFile::truncated)
        .forEach(file -> errors.add("/proc/PID/" + file.name() + ": too long, cut off"));
    if (errors.size() > MAX_SOFT_ERRORS) {
      int more = errors.size() - MAX_SOFT_ERRORS;
      errors.subList(MAX_SOFT_ERRORS, errors.size()).clear();
      errors.add(more + " more");
    }
    return errors;
  }
}
