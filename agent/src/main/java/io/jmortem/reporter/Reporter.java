// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.evidence.EvidenceReader;
import io.jmortem.evidence.EvidenceSchema;
import io.jmortem.hserr.HsErrFile;
import io.jmortem.hserr.HsErrLocator;
import io.jmortem.proc.LocalFiles;
import io.jmortem.proc.ProcessFiles;
import io.jmortem.proc.ServedFiles;
import io.jmortem.redact.Redactor;
import io.jmortem.report.Report;
import io.jmortem.report.ReportJson;
import io.jmortem.report.ReportText;
import io.jmortem.store.ReportDirectory;
import io.jmortem.store.Retention;
import io.jmortem.store.UnwritableException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Makes the report of one death from its directory, or makes it again. */
public final class Reporter {

  /** File times are coarser than the kernel's clock: a log may look this much older than it is. */
  private static final long CLOCK_SLACK_MILLIS = 2000;

  private static final int SIGABRT = 6;

  /** Names that a copy of HotSpot's log may keep; otherwise it gets the usual name. */
  private static final Pattern COPY = Pattern.compile("hs_err_pid[\\w.-]{0,100}\\.log");

  /** For a process that died earlier: paths that it chose are not followed. */
  private static final ProcessFiles NO_FILES =
      new ServedFiles(InputStream.nullInputStream(), OutputStream.nullOutputStream(), "");

  private Reporter() {}

  /**
   * The result.
   *
   * @param report the report
   * @param directory the path of its directory, published
   * @param retention which reports stay in the directory above
   */
  public record Result(Report report, String directory, Retention retention) {}

  /**
   * Makes the report of a process that has just died, and publishes it.
   *
   * @param directory the directory with the helper's evidence
   * @param in serves the process's files; at its end if no files are served
   * @param out takes the requests for files
   * @return empty if there is no death to report
   * @throws UnwritableException if the directory can't be written; then it holds only the evidence
   * @throws IOException if the evidence can't be read
   */
  static Optional<Result> report(ReportDirectory directory, InputStream in, OutputStream out)
      throws IOException {
    Evidence evidence;
    try {
      evidence = read(directory);
    } catch (OutOfMemoryError e) { // a verdict without stacks is better than no report
      evidence = readWithoutStacks(directory);
    }
    ProcessFiles files = new ServedFiles(in, out, ProcessFacts.workingDirectory(evidence));
    try {
      return report(directory, evidence, files);
    } catch (OutOfMemoryError e) {
      evidence = null; // free the memory before the evidence is read again
      return report(directory, readWithoutStacks(directory), files);
    }
  }

  /**
   * Makes the report with files of the process.
   *
   * @param files the process's files
   */
  static Optional<Result> report(ReportDirectory directory, Evidence evidence, ProcessFiles files)
      throws IOException {
    Optional<HsErrFile> log = locateLog(evidence, files);
    if (isNothingToReport(evidence, log)) {
      directory.delete();
      return Optional.empty();
    }
    Result result;
    // the helper's own copy, which is not redacted, makes way for ours
    directory.discardOthers(COPY, "");
    try {
      Evidence named =
          MappedFileCheck.addTo(
              NativeFunctions.resolve(evidence, files), files, log.map(HsErrFile::log), directory);
      if (log.isEmpty() && expectsLog(evidence)) {
        named = withMissingLog(named, files, directory);
      }
      result = write(directory, named, log, files);
    } catch (UnwritableException e) {
      discard(directory, e);
      throw e;
    }
    return Optional.of(result);
  }

  private static boolean isNothingToReport(Evidence evidence, Optional<HsErrFile> log) {
    boolean isExitOfBuild = BuildTool.hasExited(evidence) && !wantsEveryExit(evidence);
    return log.isEmpty() && (isNoDeath(evidence) || isPlainExit(evidence) || isExitOfBuild);
  }

  private static boolean wantsEveryExit(Evidence evidence) {
    return evidence.onExit().filter(Event.Options.ON_EXIT_ALWAYS::equals).isPresent();
  }

  /**
   * Makes the report from saved evidence. It uses only the files in the report's directory.
   *
   * @return empty if there is no death to report; then the directory is removed
   */
  static Optional<Result> finish(ReportDirectory directory) throws IOException {
    return makeWithFallback(directory, Reporter::finish);
  }

  private static Optional<Result> finish(ReportDirectory directory, Evidence evidence)
      throws IOException {
    Optional<HsErrFile> log = copiedLog(directory, evidence);
    if (isNothingToReport(evidence, log)) {
      directory.delete();
      return Optional.empty();
    }
    return Optional.of(write(directory, evidence, log, NO_FILES));
  }

  private static void discard(ReportDirectory directory, IOException because) {
    try {
      directory.discardAllButEvidence();
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  /**
   * Makes a report again from its directory, in place.
   *
   * @throws IOException if it is not a report's directory, belongs to another user, or can't be
   *     read or written; the message says which
   */
  public static Result rebuild(Path path) throws IOException {
    try (ReportDirectory directory = ReportDirectory.open(path)) {
      return makeWithFallback(directory, Reporter::rebuild);
    } catch (OutOfMemoryError e) {
      throw new IOException(
          path + ": not enough memory for this report; use a larger heap (java -Xmx)", e);
    }
  }

  private static Result rebuild(ReportDirectory directory, Evidence evidence) throws IOException {
    ProcessFiles files = new LocalFiles(Path.of("/"));
    return write(
        directory, NativeFunctions.resolve(evidence, files), copiedLog(directory, evidence), files);
  }

  private interface Maker<T> {
    T make(ReportDirectory directory, Evidence evidence) throws IOException;
  }

  /** Leaves the stacks out if there is not enough memory for them. */
  private static <T> T makeWithFallback(ReportDirectory directory, Maker<T> maker)
      throws IOException {
    try {
      return maker.make(directory, read(directory));
    } catch (OutOfMemoryError e) {
      return maker.make(directory, readWithoutStacks(directory));
    }
  }

  private static Evidence read(ReportDirectory directory) throws IOException {
    try (InputStream stream = directory.openEvidence()) {
      Evidence evidence = new EvidenceReader(false).read(stream);
      EvidenceSchema.check(evidence);
      return evidence;
    }
  }

  private static Evidence readWithoutStacks(ReportDirectory directory) throws IOException {
    try (InputStream stream = directory.openEvidence()) {
      return new EvidenceReader(false).readWithoutStacks(stream);
    }
  }

  private static boolean isNoDeath(Evidence evidence) {
    return evidence.first(Event.Complete.class).isPresent()
        && evidence.status().isEmpty()
        && evidence.first(Event.FatalError.class).isEmpty()
        && evidence.first(Event.Abort.class).isEmpty()
        && evidence.first(Event.FatalSignal.class).isEmpty();
  }

  /** The process survived an abort(), and then exited with status 0, which is not reported. */
  private static boolean isPlainExit(Evidence evidence) {
    return evidence.status().map(status -> status == 0).orElse(false)
        && evidence.first(Event.FatalError.class).isEmpty()
        && !wantsEveryExit(evidence);
  }

  private static Result write(
      ReportDirectory directory, Evidence evidence, Optional<HsErrFile> log, ProcessFiles files)
      throws IOException {
    Redactor redactor = new Redactor(!evidence.reportOption("redact").equals("off"));
    Optional<LocatedLog> located =
        log.map(file -> new LocatedLog(file, copyOf(file, ProcessFacts.vpid(evidence))));
    Report report =
        new ReportComposer(directory.id(), evidence, located, files, redactor).compose();
    if (located.isPresent()) {
      HsErrFile file = located.get().file();
      directory.write(located.get().copy(), out -> LogCopy.write(file, out, redactor));
    }
    if (redactor.isOn()) {
      directory.write(ReportDirectory.EVIDENCE, out -> redact(directory, out, redactor));
    }
    directory.write(
        "report.txt", out -> out.write(ReportText.write(report).getBytes(StandardCharsets.UTF_8)));
    // last: without it, the report counts as not made (evidence.c)
    directory.write("report.json", out -> ReportJson.write(report, out));
    directory.publish();
    return new Result(report, directory.path(), Retention.of(evidence::reportOption));
  }

  private static void redact(ReportDirectory directory, OutputStream out, Redactor redactor)
      throws IOException {
    try (InputStream evidence = directory.openEvidence()) {
      EvidenceRedactor.redact(evidence, out, redactor);
    }
  }

  // ---- HotSpot's log

  private static Optional<HsErrFile> locateLog(Evidence evidence, ProcessFiles files) {
    return ProcessFacts.vpid(evidence) <= 0
        ? Optional.empty()
        : locator(evidence, files).find(ProcessFacts.commandLine(evidence), environment(evidence));
  }

  private static HsErrLocator locator(Evidence evidence, ProcessFiles files) {
    long armed = evidence.first(Event.Armed.class).map(Event::timeUnixNano).orElse(0L);
    return new HsErrLocator(
        files,
        ProcessFacts.workingDirectory(evidence),
        ProcessFacts.users(evidence),
        ProcessFacts.vpid(evidence),
        armed / 1_000_000 - CLOCK_SLACK_MILLIS);
  }

  private static List<String> environment(Evidence evidence) {
    return evidence.vmOptions();
  }

  /** Whether HotSpot may have written a log. */
  private static boolean expectsLog(Evidence evidence) {
    return evidence.first(Event.FatalError.class).isPresent()
        || evidence.status().map(status -> (status & 0x7f) == SIGABRT).orElse(false);
  }

  /** Adds the reason why there is no log to the evidence, and to the file in the directory. */
  private static Evidence withMissingLog(
      Evidence evidence, ProcessFiles files, ReportDirectory directory) throws IOException {
    Optional<String> why =
        locator(evidence, files).absence(ProcessFacts.commandLine(evidence), environment(evidence));
    return why.isEmpty()
        ? evidence
        : AddedEvidence.add(
            new Event.Problem(
                "f2",
                evidence.last(Event.class).map(Event::timeUnixNano).orElse(0L),
                Event.Parts.HS_ERR,
                why.get(),
                null),
            evidence,
            directory);
  }

  private static Optional<HsErrFile> copiedLog(ReportDirectory directory, Evidence evidence)
      throws IOException {
    Optional<String> name = directory.find(COPY);
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try (InputStream stream = directory.read(name.get())) {
      HsErrFile log = HsErrFile.read(directory.path() + "/" + name.get(), stream, false);
      long pid = log.log().pid();
      return pid < 0 || pid == ProcessFacts.vpid(evidence) ? Optional.of(log) : Optional.empty();
    }
  }

  private static String copyOf(HsErrFile file, long vpid) {
    String name = file.named().substring(file.named().lastIndexOf('/') + 1);
    return COPY.matcher(name).matches() ? name : "hs_err_pid" + vpid + ".log";
  }
}
