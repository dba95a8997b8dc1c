// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.ProcessFiles;
import io.jmortem.proc.SignalNames;
import io.jmortem.redact.Redactor;
import io.jmortem.report.Report;
import io.jmortem.report.Report.ThreadInfo;
import io.jmortem.snapshot.ThreadSnapshot;
import io.jmortem.verdict.ExitStatus;
import io.jmortem.verdict.Verdict;
import io.jmortem.verdict.VerdictEngine;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Composes a report from the evidence and HotSpot's log. */
final class ReportComposer {

  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long REQUEST_SHOWS_NANOS = 300_000 * NANOS_PER_MILLI;

  private final String id;
  private final Evidence evidence;
  private final Optional<LocatedLog> log;
  private final Optional<HsErrLog> hsErr;
  private final Redactor redactor;
  private final Verdict verdict;
  private final Optional<ThreadSnapshot> snapshot;
  private final Optional<Event.Stacks> stacks; // of the death, or of the SIGTERM
  private final ProcessFacts process;
  private final long deathUnixNano;

  /**
   * @param id the id of the report
   * @param files the process's files
   */
  ReportComposer(
      String id,
      Evidence evidence,
      Optional<LocatedLog> log,
      ProcessFiles files,
      Redactor redactor) {
    this.id = id;
    this.evidence = evidence;
    this.log = log;
    this.hsErr = log.map(LocatedLog::log);
    this.redactor = redactor;
    this.verdict = VerdictEngine.decide(evidence, hsErr);
    this.snapshot =
        evidence
            .last(Event.Snapshot.class)
            .map(Event.Snapshot::text)
            .flatMap(ThreadSnapshot::parse);
    this.stacks =
        evidence.stacksOfDeath().or(() -> evidence.stacksOfRequest().filter(this::isRecent));
    learnSecrets();
    this.process = new ProcessFacts(evidence, redactor, files);
    this.deathUnixNano =
        verdict
            .fault()
            .map(Event.Fault::timeUnixNano)
            .or(() -> verdict.cause().map(Event::timeUnixNano))
            .or(() -> evidence.last(Event.Exit.class).map(Event::timeUnixNano))
            .or(() -> evidence.last(Event.class).map(Event::timeUnixNano))
            .orElse(0L);
  }

  /** A secret in any command line is redacted in every text. */
  private void learnSecrets() {
    redactor.learn(evidence.vmOptions());
    evidence
        .all(Event.SignalSent.class)
        .map(Event.SignalSent::commandLine)
        .filter(Objects::nonNull)
        .distinct()
        .forEach(command -> redactor.learn(List.of(command.split("\0", -1))));
  }

  /** If the SIGTERM came long ago, the last snapshot is more useful than its stacks. */
  private boolean isRecent(Event.Stacks found) {
    long end = evidence.last(Event.class).map(Event::timeUnixNano).orElse(0L);
    return end - found.timeUnixNano() < REQUEST_SHOWS_NANOS;
  }

  private WalkedThreads walked(Event.Stacks found, Optional<HsErrLog> log) {
    return new WalkedThreads(found.dump(), log, process.memoryMap());
  }

  /** The redacted report; only this may be shown. */
  Report compose() {
    return ReportRedactor.redact(composed(), redactor);
  }

  private Report composed() {
    int crashedId = verdict.threadId().orElse(0);
    Optional<WalkedThreads> walked = stacks.map(found -> walked(found, hsErr));
    ThreadComposer composer = new ThreadComposer(evidence, hsErr, snapshot, crashedId);
    List<ThreadInfo> threads =
        walked
            .map(found -> composer.complete(found.threads(), isKilled()))
            .orElseGet(composer::compose);
    Optional<ThreadInfo> crashed = threads.stream().filter(ThreadInfo::crashed).findFirst();
    SignalComposer signal = new SignalComposer(verdict, hsErr, process.memoryMap(), redactor);
    CaptureComposer capture =
        new CaptureComposer(evidence, verdict, hsErr, snapshot, stacks, deathUnixNano);
    Optional<Report.SigInfo> sigInfo = signal.sigInfo();
    Signature signature =
        Signature.of(
            verdict,
            sigInfo.map(Report.SigInfo::signoHumanReadable),
            crashed,
            JvmName.of(ProcessFacts.commandLine(evidence)),
            hasStack());
    return Report.builder()
        .uuid(UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8)).toString())
        .timestamp(Instant.ofEpochSecond(0, deathUnixNano).toString())
        .identity(JvmIdentity.of(evidence))
        .diagnosis(
            new Report.Diagnosis(
                verdict.category(),
                verdict.summary(),
                verdict.confidence(),
                verdict.reasons(),
                verdict.hint(),
                verdict.phase().orElse(null),
                verdict.memory().orElse(null)))
        .termination(termination())
        .sigInfo(sigInfo.orElse(null))
        .sender(signal.sender())
        .signature(signature.text())
        .fingerprint(signature.fingerprint().orElse(null))
        .capture(capture.capture())
        .threads(threads)
        .threadGroups(ThreadComposer.groups(threads))
        .deadlocks(walked.map(WalkedThreads::deadlocks).orElse(null))
        .earlierThreads(earlierThreads())
        .ucontext(signal.ucontext())
        .modules(process.modules())
        .counters(capture.counters())
        .timeline(Timeline.of(evidence, deathUnixNano))
        .jvm(process.jvm(hsErr))
        .resource(process.resource(id))
        .cgroup(process.cgroup())
        .hsErr(log.map(HsErrDigest::of).orElse(null))
        .tags(tags())
        .redaction(new Report.Redaction(redactor.isOn(), redactor.count()))
        .softErrors(SoftErrors.of(evidence, log))
        .build();
  }

  /** Whether the newest frames of the crashed thread are all known. */
  private boolean hasStack() {
    boolean isOfFault =
        stacks.map(found -> Event.Moments.FAULT.equals(found.moment())).orElse(false);
    return isOfFault || hsErr.map(HsErrLog::hasStack).orElse(true);
  }

  /** Whether the signal came from outside: then the thread that received it is not the cause. */
  private boolean isKilled() {
    return verdict.threadId().isEmpty()
        && (verdict.category() == Report.Category.KILLED
            || verdict.category() == Report.Category.OOM_KILLED);
  }

  private Report.Termination termination() {
    Report.FirstCause first =
        verdict
            .cause()
            .map(
                cause ->
                    new Report.FirstCause(
                        cause.id(),
                        Timeline.name(cause),
                        Long.toString(cause.timeUnixNano()),
                        verdict.threadId().orElse(null)))
            .orElse(null);
    Report.FinalStatus last =
        evidence
            .status()
            .map(ExitStatus::of)
            .map(
                status ->
                    status.signo() == 0
                        ? new Report.FinalStatus(status.code(), null, null)
                        : new Report.FinalStatus(
                            null, SignalNames.signal(status.signo()), status.coreDumped()))
            .orElse(null);
    return new Report.Termination(first, last, verdict.exitedBy().orElse(null));
  }

  /** The threads at the SIGTERM, if the report shows later ones as its main stacks. */
  private Report.@Nullable EarlierThreads earlierThreads() {
    return evidence
        .stacksOfRequest()
        .filter(found -> stacks.isPresent() && !stacks.get().id().equals(found.id()))
        .map(
            found -> {
              List<ThreadInfo> threads = walked(found, Optional.empty()).threads();
              return new Report.EarlierThreads(
                  Event.Moments.REQUEST,
                  Long.toString(found.timeUnixNano()),
                  (stacks.get().timeUnixNano() - found.timeUnixNano()) / NANOS_PER_MILLI,
                  threads,
                  ThreadComposer.groups(threads));
            })
        .orElse(null);
  }

  private Map<String, String> tags() {
    Map<String, String> tags = new LinkedHashMap<>();
    for (String pair : evidence.reportOption("tags").split(";", -1)) {
      int colon = pair.indexOf(':');
      if (colon > 0) {
        tags.put(pair.substring(0, colon).strip(), pair.substring(colon + 1).strip());
      }
    }
    return tags;
  }
}
