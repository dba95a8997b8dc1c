// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import io.jmortem.report.Report.Ancestor;
import io.jmortem.report.Report.Sender;
import java.util.List;

/** Puts a {@link Sender} together; values that are not set are unknown. */
public final class SenderBuilder {

  private boolean hasSender;
  private Integer pid;
  private Integer tid;
  private Integer vpid;
  private Integer userId;
  private String comm;
  private String executable;
  private String commandLine;
  private String cgroup;
  private String containerId;
  private Long pidNamespace;
  private String how;
  private List<Ancestor> ancestry;

  SenderBuilder() {}

  public SenderBuilder hasSender(boolean value) {
    this.hasSender = value;
    return this;
  }

  public SenderBuilder pid(Integer value) {
    this.pid = value;
    return this;
  }

  public SenderBuilder tid(Integer value) {
    this.tid = value;
    return this;
  }

  public SenderBuilder vpid(Integer value) {
    this.vpid = value;
    return this;
  }

  public SenderBuilder userId(Integer value) {
    this.userId = value;
    return this;
  }

  public SenderBuilder comm(String value) {
    this.comm = value;
    return this;
  }

  public SenderBuilder executable(String value) {
    this.executable = value;
    return this;
  }

  public SenderBuilder commandLine(String value) {
    this.commandLine = value;
    return this;
  }

  public SenderBuilder cgroup(String value) {
    this.cgroup = value;
    return this;
  }

  public SenderBuilder containerId(String value) {
    this.containerId = value;
    return this;
  }

  public SenderBuilder pidNamespace(Long value) {
    this.pidNamespace = value;
    return this;
  }

  public SenderBuilder how(String value) {
    this.how = value;
    return this;
  }

  public SenderBuilder ancestry(List<Ancestor> value) {
    this.ancestry = value;
    return this;
  }

  public Sender build() {
    return new Sender(
        hasSender,
        pid,
        tid,
        vpid,
        userId,
        comm,
        executable,
        commandLine,
        cgroup,
        containerId,
        pidNamespace,
        how,
        ancestry);
  }
}
