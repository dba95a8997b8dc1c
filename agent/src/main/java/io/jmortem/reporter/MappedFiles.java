// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.MemoryMap;
import io.jmortem.proc.Numbers;
import io.jmortem.proc.ProcessFiles;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks at the file behind a SIGBUS: whether it ends before what was accessed, or has no room to
 * grow. Only now: to ask a file system may take for ever, and no JVM is to wait for it.
 */
final class MappedFiles {

  private static final int SIGBUS = 7;
  private static final Pattern ADDRESS = Pattern.compile("si_addr: (0x\\p{XDigit}+)");

  private MappedFiles() {}

  /** The same evidence, with what is known of the file; written to its directory, too. */
  static Evidence looked(
      Evidence evidence, Optional<ProcessFiles> files, Optional<HsErrLog> log, Path directory) {
    if (files.isEmpty() || evidence.first(Event.MappedFile.class).isPresent()) {
      return evidence;
    }
    Optional<Event.MappedFile> found =
        address(evidence, log).flatMap(address -> look(evidence, files.get(), address));
    if (found.isEmpty()) {
      return evidence;
    }
    write(found.get(), directory);
    List<Event> events = new ArrayList<>(evidence.events());
    events.add(found.get());
    return new Evidence(List.copyOf(events), evidence.problems());
  }

  private static Optional<Long> address(Evidence evidence, Optional<HsErrLog> log) {
    return evidence
        .first(Event.FatalError.class, error -> error.fault() != null)
        .map(Event.FatalError::fault)
        .or(() -> evidence.first(Event.FatalSignal.class).map(Event.FatalSignal::fault))
        .filter(fault -> fault.signo() == SIGBUS && fault.code() > 0)
        .map(Event.Fault::address)
        .or(
            () ->
                log.filter(found -> found.signo() == SIGBUS && found.siginfo() != null)
                    .map(found -> ADDRESS.matcher(found.siginfo()))
                    .filter(Matcher::find)
                    .map(matcher -> matcher.group(1)))
        .flatMap(text -> Numbers.address(text).stream().boxed().findFirst());
  }

  private static Optional<Event.MappedFile> look(
      Evidence evidence, ProcessFiles files, long address) {
    return MemoryMap.parse(evidence.procFile("maps").orElse(""))
        .find(address)
        .filter(MemoryMap.Mapping::isFile)
        .flatMap(mapping -> look(evidence, files, mapping, address));
  }

  /** Of a file that is deleted, or is another one by now, nothing can be said. */
  private static Optional<Event.MappedFile> look(
      Evidence evidence, ProcessFiles files, MemoryMap.Mapping mapping, long address) {
    try {
      Optional<Path> file = ProcessFacts.path(mapping.path()).map(files::reached);
      if (file.isEmpty() || !Files.getAttribute(file.get(), "unix:ino").equals(mapping.inode())) {
        return Optional.empty();
      }
      FileStore store = Files.getFileStore(file.get());
      return Optional.of(
          new Event.MappedFile(
              "f1",
              evidence.last(Event.class).map(Event::timeUnixNano).orElse(0L),
              mapping.path(),
              mapping.offset() + (address - mapping.start()),
              Files.size(file.get()),
              store.getUsableSpace(),
              store.type()));
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private static void write(Event.MappedFile found, Path directory) {
    try {
      Files.writeString(
          directory.resolve("evidence.ndjson"),
          new JsonMapper().writerFor(Event.class).writeValueAsString(found) + "\n",
          StandardOpenOption.APPEND,
          StandardOpenOption.WRITE);
    } catch (IOException e) {
      // the report has it all the same
    }
  }
}
