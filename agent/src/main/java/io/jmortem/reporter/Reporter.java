// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.evidence.EvidenceReader;
import io.jmortem.hserr.HsErrLocator;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.hserr.HsErrParser;
import io.jmortem.proc.Numbers;
import io.jmortem.proc.ProcessFiles;
import io.jmortem.report.Report;
import io.jmortem.report.ReportJson;
import io.jmortem.report.ReportText;
import io.jmortem.store.ReportDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Makes the report of one death out of its directory, or makes it again. */
public final class Reporter {

  /** {@code enum on_exit} of the helper's config.h. */
  private static final String ON_EXIT_ALWAYS = "2";

  /** Clocks of files are coarser than the kernel's: a log this much older may still be ours. */
  private static final long CLOCK_SLACK_MILLIS = 2000;

  private static final Path MEMORY_DIR = Path.of("/dev/shm/jmortem-reports");

  private Reporter() {}

  /**
   * What came of it.
   *
   * @param report the report
   * @param directory its directory, published
   */
  public record Result(Report report, Path directory) {}

  /**
   * Makes the report of a process that has just died, and publishes it. If the disk is full, in
   * another place.
   *
   * @param path the directory that the helper has put the evidence in
   * @param root the process's root directory, as it can be reached now; {@code /} for our own
   * @param workingDirectory the same of its working directory; null: by its name
   * @return empty if there was no death to report: the process went without a trace of one
   * @throws IOException if the evidence can't be read, or nothing can be written anywhere
   */
  public static Optional<Result> report(Path path, Path root, Path workingDirectory)
      throws IOException {
    ReportDirectory directory = ReportDirectory.open(path);
    EvidenceReader reader = new EvidenceReader(false);
    try {
      return report(directory, reader.read(directory.evidence()), root, workingDirectory);
    } catch (OutOfMemoryError e) { // the verdict is worth more than the stacks
      return report(
          directory, reader.readWithoutStacks(directory.evidence()), root, workingDirectory);
    }
  }

  private static Optional<Result> report(
      ReportDirectory directory, Evidence evidence, Path root, Path workingDirectory)
      throws IOException {
    Optional<ProcessFiles> files = ProcessFacts.files(evidence, root, workingDirectory);
    Optional<LogFile> log = locateLog(evidence, files);
    boolean isExitOfBuild =
        BuildTool.hasExited(evidence) && !evidence.option("on-exit").equals(ON_EXIT_ALWAYS);
    if (log.isEmpty() && (isNoDeath(evidence) || isPlainExit(evidence) || isExitOfBuild)) {
      directory.delete();
      return Optional.empty();
    }
    Evidence named =
        MappedFiles.looked(
            NativeFunctions.named(evidence, files),
            files,
            log.flatMap(file -> readLog(file, ProcessFacts.vpid(evidence)))
                .map(ReportComposer.LocatedLog::log),
            directory.path());
    ReportDirectory place = directory;
    for (Path next : elsewhere(evidence)) {
      try {
        return Optional.of(written(place, named, log));
      } catch (IOException e) {
        System.err.println("jmortem: can't write the report in " + place.path() + ": " + e);
        place = place.moveEvidence(next);
      }
    }
    return Optional.of(written(place, named, log));
  }

  private static Result written(ReportDirectory directory, Evidence evidence, Optional<LogFile> log)
      throws IOException {
    Result result = write(directory, evidence, log);
    Numbers.leading(evidence.reportOption("keep"))
        .ifPresent(count -> directory.keep((int) Math.min(count, Integer.MAX_VALUE)));
    return result;
  }

  /** Where the helper would have gone, too; of this user's own, in directories that all share. */
  private static List<Path> elsewhere(Evidence evidence) {
    String user = "-" + evidence.first(Event.Armed.class).map(Event.Armed::uid).orElse(0);
    List<Path> places = new ArrayList<>();
    if (!evidence.option("fallback-dir").isEmpty()) {
      ProcessFacts.path(evidence.option("fallback-dir")).ifPresent(places::add);
      ProcessFacts.path(evidence.option("fallback-dir") + user).ifPresent(places::add);
    }
    places.add(Path.of(MEMORY_DIR + user));
    return places;
  }

  /**
   * Makes a report again from its directory, in place.
   *
   * @throws IOException if it is no report's directory, or can't be read or written
   */
  public static Result rebuild(Path path) throws IOException {
    ReportDirectory directory = ReportDirectory.open(path);
    Evidence evidence = new EvidenceReader(false).read(directory.evidence());
    Optional<ProcessFiles> files = ProcessFacts.files(evidence, Path.of("/"), null);
    return write(directory, NativeFunctions.named(evidence, files), copiedLog(directory));
  }

  private static boolean isNoDeath(Evidence evidence) {
    return evidence.first(Event.Complete.class).isPresent()
        && evidence.status().isEmpty()
        && evidence.first(Event.FatalError.class).isEmpty()
        && evidence.first(Event.Abort.class).isEmpty()
        && evidence.first(Event.FatalSignal.class).isEmpty();
  }

  /** An abort() that was survived, and then an orderly end that nobody wants reported. */
  private static boolean isPlainExit(Evidence evidence) {
    return evidence.status().map(status -> status == 0).orElse(false)
        && evidence.first(Event.FatalError.class).isEmpty()
        && !evidence.option("on-exit").equals(ON_EXIT_ALWAYS);
  }

  private static Result write(ReportDirectory directory, Evidence evidence, Optional<LogFile> log)
      throws IOException {
    Redactor redactor = new Redactor(!evidence.reportOption("redact").equals("off"));
    Optional<ReportComposer.LocatedLog> located =
        log.flatMap(file -> readLog(file, ProcessFacts.vpid(evidence)));
    Report report = new ReportComposer(directory.id(), evidence, located, redactor).compose();
    if (located.isPresent()) {
      directory.write(located.get().copy(), redactor.text(readText(log.get().file())));
    }
    if (redactor.isOn()) {
      directory.write(
          ReportDirectory.EVIDENCE, EvidenceRedactor.redact(directory.evidence(), redactor));
    }
    directory.write("report.json", ReportJson.write(report));
    directory.write("report.txt", ReportText.write(report));
    directory.publish();
    return new Result(report, directory.path());
  }

  // ---- HotSpot's log

  /**
   * HotSpot's log.
   *
   * @param named as the process names it
   * @param file as it can be reached
   */
  private record LogFile(Path named, Path file) {}

  private static Optional<LogFile> locateLog(Evidence evidence, Optional<ProcessFiles> files) {
    long vpid = ProcessFacts.vpid(evidence);
    if (vpid <= 0 || files.isEmpty()) {
      return Optional.empty();
    }
    List<String> arguments = new ArrayList<>(ProcessFacts.commandLine(evidence));
    evidence.option("vm-options").lines().forEach(arguments::add);
    long armed = evidence.first(Event.Armed.class).map(Event::timeUnixNano).orElse(0L);
    return new HsErrLocator(files.get(), vpid, armed / 1_000_000 - CLOCK_SLACK_MILLIS)
        .find(arguments)
        .map(named -> new LogFile(named, files.get().reached(named)));
  }

  private static Optional<LogFile> copiedLog(ReportDirectory directory) throws IOException {
    try (Stream<Path> files = Files.list(directory.path())) {
      return files
          .filter(file -> file.getFileName().toString().matches("hs_err_pid.*\\.log"))
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .map(file -> new LogFile(file, file))
          .findFirst();
    }
  }

  private static Optional<ReportComposer.LocatedLog> readLog(LogFile log, long vpid) {
    try {
      HsErrLog parsed = HsErrParser.parse(readText(log.file()));
      if (parsed.pid() >= 0 && parsed.pid() != vpid) {
        return Optional.empty();
      }
      String name = log.named().getFileName().toString();
      String copy = name.matches("hs_err_pid.*\\.log") ? name : "hs_err_pid" + vpid + ".log";
      return Optional.of(new ReportComposer.LocatedLog(log.named(), copy, parsed));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static String readText(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
