// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import io.jmortem.report.Report.Capture;
import io.jmortem.report.Report.Counters;
import io.jmortem.report.Report.Deadlock;
import io.jmortem.report.Report.Diagnosis;
import io.jmortem.report.Report.EarlierThreads;
import io.jmortem.report.Report.HsErr;
import io.jmortem.report.Report.Jvm;
import io.jmortem.report.Report.Module;
import io.jmortem.report.Report.Redaction;
import io.jmortem.report.Report.Sender;
import io.jmortem.report.Report.SigInfo;
import io.jmortem.report.Report.StackGroup;
import io.jmortem.report.Report.Termination;
import io.jmortem.report.Report.ThreadInfo;
import io.jmortem.report.Report.TimelineEntry;
import io.jmortem.report.Report.Ucontext;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts a {@link Report} together, part by part; values that are not set are left out. */
@SuppressWarnings("NullAway.Init") // what is never null is always set
public final class ReportBuilder {

  private String schemaVersion;
  private String uuid;
  private String timestamp;
  private @Nullable String identity;
  private Diagnosis diagnosis;
  private @Nullable Termination termination;
  private @Nullable SigInfo sigInfo;
  private @Nullable Sender sender;
  private @Nullable String signature;
  private @Nullable String fingerprint;
  private @Nullable Capture capture;
  private @Nullable List<ThreadInfo> threads;
  private @Nullable List<StackGroup> threadGroups;
  private @Nullable List<Deadlock> deadlocks;
  private @Nullable EarlierThreads earlierThreads;
  private @Nullable Ucontext ucontext;
  private @Nullable List<Module> modules;
  private @Nullable Counters counters;
  private @Nullable List<TimelineEntry> timeline;
  private @Nullable Jvm jvm;
  private @Nullable Map<String, Object> resource;
  private @Nullable Map<String, Object> cgroup;
  private @Nullable HsErr hsErr;
  private @Nullable Map<String, String> tags;
  private @Nullable Redaction redaction;
  private @Nullable List<String> softErrors;

  ReportBuilder() {}

  public ReportBuilder schemaVersion(String value) {
    this.schemaVersion = value;
    return this;
  }

  public ReportBuilder uuid(String value) {
    this.uuid = value;
    return this;
  }

  public ReportBuilder timestamp(String value) {
    this.timestamp = value;
    return this;
  }

  public ReportBuilder identity(@Nullable String value) {
    this.identity = value;
    return this;
  }

  public ReportBuilder diagnosis(Diagnosis value) {
    this.diagnosis = value;
    return this;
  }

  public ReportBuilder termination(@Nullable Termination value) {
    this.termination = value;
    return this;
  }

  public ReportBuilder sigInfo(@Nullable SigInfo value) {
    this.sigInfo = value;
    return this;
  }

  public ReportBuilder sender(@Nullable Sender value) {
    this.sender = value;
    return this;
  }

  public ReportBuilder signature(@Nullable String value) {
    this.signature = value;
    return this;
  }

  public ReportBuilder fingerprint(@Nullable String value) {
    this.fingerprint = value;
    return this;
  }

  public ReportBuilder capture(@Nullable Capture value) {
    this.capture = value;
    return this;
  }

  public ReportBuilder threads(@Nullable List<ThreadInfo> value) {
    this.threads = value;
    return this;
  }

  public ReportBuilder threadGroups(@Nullable List<StackGroup> value) {
    this.threadGroups = value;
    return this;
  }

  public ReportBuilder deadlocks(@Nullable List<Deadlock> value) {
    this.deadlocks = value;
    return this;
  }

  public ReportBuilder earlierThreads(@Nullable EarlierThreads value) {
    this.earlierThreads = value;
    return this;
  }

  public ReportBuilder ucontext(@Nullable Ucontext value) {
    this.ucontext = value;
    return this;
  }

  public ReportBuilder modules(@Nullable List<Module> value) {
    this.modules = value;
    return this;
  }

  public ReportBuilder counters(@Nullable Counters value) {
    this.counters = value;
    return this;
  }

  public ReportBuilder timeline(@Nullable List<TimelineEntry> value) {
    this.timeline = value;
    return this;
  }

  public ReportBuilder jvm(@Nullable Jvm value) {
    this.jvm = value;
    return this;
  }

  public ReportBuilder resource(@Nullable Map<String, Object> value) {
    this.resource = value;
    return this;
  }

  public ReportBuilder cgroup(@Nullable Map<String, Object> value) {
    this.cgroup = value;
    return this;
  }

  public ReportBuilder hsErr(@Nullable HsErr value) {
    this.hsErr = value;
    return this;
  }

  public ReportBuilder tags(@Nullable Map<String, String> value) {
    this.tags = value;
    return this;
  }

  public ReportBuilder redaction(@Nullable Redaction value) {
    this.redaction = value;
    return this;
  }

  public ReportBuilder softErrors(@Nullable List<String> value) {
    this.softErrors = value;
    return this;
  }

  public Report build() {
    return new Report(
        schemaVersion,
        uuid,
        timestamp,
        identity,
        diagnosis,
        termination,
        sigInfo,
        sender,
        signature,
        fingerprint,
        capture,
        threads,
        threadGroups,
        deadlocks,
        earlierThreads,
        ucontext,
        modules,
        counters,
        timeline,
        jvm,
        resource,
        cgroup,
        hsErr,
        tags,
        redaction,
        softErrors);
  }
}
