// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.MemoryMap;
import io.jmortem.proc.Numbers;
import io.jmortem.proc.ProcessFiles;
import io.jmortem.proc.TargetFile;
import io.jmortem.store.ReportDirectory;
import java.io.IOException;
import java.util.Optional;

/**
 * Examines the file of a SIGBUS: whether it ends before the accessed offset, or its file system is
 * full. This is done after the death, because a file system may not answer, and no JVM may wait.
 */
final class MappedFileCheck {

  private static final int SIGBUS = 7;

  private MappedFileCheck() {}

  /** Adds the facts about the file to the evidence, and to the evidence file. */
  static Evidence addTo(
      Evidence evidence, ProcessFiles files, Optional<HsErrLog> log, ReportDirectory directory)
      throws IOException {
    if (evidence.first(Event.MappedFile.class).isPresent()) {
      return evidence;
    }
    Optional<Event.MappedFile> found =
        address(evidence, log).flatMap(address -> find(evidence, files, log, address));
    return found.isEmpty() ? evidence : AddedEvidence.add(found.get(), evidence, directory);
  }

  private static Optional<Long> address(Evidence evidence, Optional<HsErrLog> log) {
    return evidence
        .first(Event.FatalError.class, error -> error.fault() != null)
        .map(Event.FatalError::fault)
        .or(() -> evidence.first(Event.FatalSignal.class).map(Event.FatalSignal::fault))
        .filter(fault -> fault.signo() == SIGBUS && fault.code() > 0)
        .map(Event.Fault::address)
        .or(() -> log.filter(found -> found.signo() == SIGBUS).map(HsErrLog::faultAddress))
        .flatMap(text -> Numbers.address(text).stream().boxed().findFirst());
  }

  private static Optional<Event.MappedFile> find(
      Evidence evidence, ProcessFiles files, Optional<HsErrLog> log, long address) {
    return MemoryMap.parse(evidence.procFile("maps").orElse(""))
        .find(address)
        .or(() -> log.map(found -> found.details().faultMapping()))
        .filter(MemoryMap.Mapping::isFile)
        .flatMap(mapping -> find(evidence, files, mapping, address));
  }

  /** A file that was deleted or replaced can't be examined. */
  private static Optional<Event.MappedFile> find(
      Evidence evidence, ProcessFiles files, MemoryMap.Mapping mapping, long address) {
    Optional<TargetFile> file = files.openHead(mapping.path());
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try (TargetFile opened = file.get()) {
      return opened.inode() != mapping.inode()
          ? Optional.empty()
          : Optional.of(
              new Event.MappedFile(
                  "f1",
                  evidence.last(Event.class).map(Event::timeUnixNano).orElse(0L),
                  mapping.path(),
                  mapping.offset() + (address - mapping.start()),
                  opened.size(),
                  opened.free(),
                  opened.fileSystem()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
