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

/** Puts a {@link Report} together, part by part; values that are not set are left out. */
public final class ReportBuilder {

  private String schemaVersion;
  private String uuid;
  private String timestamp;
  private Diagnosis diagnosis;
  private Termination termination;
  private SigInfo sigInfo;
  private Sender sender;
  private String signature;
  private String fingerprint;
  private Capture capture;
  private List<ThreadInfo> threads;
  private List<StackGroup> threadGroups;
  private List<Deadlock> deadlocks;
  private EarlierThreads earlierThreads;
  private Ucontext ucontext;
  private List<Module> modules;
  private Counters counters;
  private List<TimelineEntry> timeline;
  private Jvm jvm;
  private Map<String, Object> resource;
  private Map<String, Object> cgroup;
  private HsErr hsErr;
  private Map<String, String> tags;
  private Redaction redaction;
  private List<String> softErrors;

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

  public ReportBuilder diagnosis(Diagnosis value) {
    this.diagnosis = value;
    return this;
  }

  public ReportBuilder termination(Termination value) {
    this.termination = value;
    return this;
  }

  public ReportBuilder sigInfo(SigInfo value) {
    this.sigInfo = value;
    return this;
  }

  public ReportBuilder sender(Sender value) {
    this.sender = value;
    return this;
  }

  public ReportBuilder signature(String value) {
    this.signature = value;
    return this;
  }

  public ReportBuilder fingerprint(String value) {
    this.fingerprint = value;
    return this;
  }

  public ReportBuilder capture(Capture value) {
    this.capture = value;
    return this;
  }

  public ReportBuilder threads(List<ThreadInfo> value) {
    this.threads = value;
    return this;
  }

  public ReportBuilder threadGroups(List<StackGroup> value) {
    this.threadGroups = value;
    return this;
  }

  public ReportBuilder deadlocks(List<Deadlock> value) {
    this.deadlocks = value;
    return this;
  }

  public ReportBuilder earlierThreads(EarlierThreads value) {
    this.earlierThreads = value;
    return this;
  }

  public ReportBuilder ucontext(Ucontext value) {
    this.ucontext = value;
    return this;
  }

  public ReportBuilder modules(List<Module> value) {
    this.modules = value;
    return this;
  }

  public ReportBuilder counters(Counters value) {
    this.counters = value;
    return this;
  }

  public ReportBuilder timeline(List<TimelineEntry> value) {
    this.timeline = value;
    return this;
  }

  public ReportBuilder jvm(Jvm value) {
    this.jvm = value;
    return this;
  }

  public ReportBuilder resource(Map<String, Object> value) {
    this.resource = value;
    return this;
  }

  public ReportBuilder cgroup(Map<String, Object> value) {
    this.cgroup = value;
    return this;
  }

  public ReportBuilder hsErr(HsErr value) {
    this.hsErr = value;
    return this;
  }

  public ReportBuilder tags(Map<String, String> value) {
    this.tags = value;
    return this;
  }

  public ReportBuilder redaction(Redaction value) {
    this.redaction = value;
    return this;
  }

  public ReportBuilder softErrors(List<String> value) {
    this.softErrors = value;
    return this;
  }

  public Report build() {
    return new Report(
        schemaVersion,
        uuid,
        timestamp,
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
