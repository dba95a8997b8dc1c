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
 * Looks at the file behind a SIGBUS: whether it ends before what was accessed, or has no room to
 * grow. Only now: to ask a file system may take for ever, and no JVM is to wait for it.
 */
final class MappedFileCheck {

  private static final int SIGBUS = 7;

  private MappedFileCheck() {}

  /** The same evidence, with what is known of the file; written to its directory, too. */
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

  /** Of a file that is deleted, or is another one by now, nothing can be said. */
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
