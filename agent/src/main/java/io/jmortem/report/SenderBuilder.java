// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import io.jmortem.report.Report.Ancestor;
import io.jmortem.report.Report.Sender;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts a {@link Sender} together; values that are not set are unknown. */
@SuppressWarnings("NullAway.Init") // what is never null is always set
public final class SenderBuilder {

  private boolean hasSender;
  private @Nullable Integer pid;
  private @Nullable Integer tid;
  private @Nullable Integer vpid;
  private @Nullable Integer userId;
  private @Nullable String comm;
  private @Nullable String executable;
  private @Nullable String commandLine;
  private @Nullable String cgroup;
  private @Nullable String containerId;
  private @Nullable Long pidNamespace;
  private @Nullable String how;
  private @Nullable List<Ancestor> ancestry;

  SenderBuilder() {}

  public SenderBuilder hasSender(boolean value) {
    this.hasSender = value;
    return this;
  }

  public SenderBuilder pid(@Nullable Integer value) {
    this.pid = value;
    return this;
  }

  public SenderBuilder tid(@Nullable Integer value) {
    this.tid = value;
    return this;
  }

  public SenderBuilder vpid(@Nullable Integer value) {
    this.vpid = value;
    return this;
  }

  public SenderBuilder userId(@Nullable Integer value) {
    this.userId = value;
    return this;
  }

  public SenderBuilder comm(@Nullable String value) {
    this.comm = value;
    return this;
  }

  public SenderBuilder executable(@Nullable String value) {
    this.executable = value;
    return this;
  }

  public SenderBuilder commandLine(@Nullable String value) {
    this.commandLine = value;
    return this;
  }

  public SenderBuilder cgroup(@Nullable String value) {
    this.cgroup = value;
    return this;
  }

  public SenderBuilder containerId(@Nullable String value) {
    this.containerId = value;
    return this;
  }

  public SenderBuilder pidNamespace(@Nullable Long value) {
    this.pidNamespace = value;
    return this;
  }

  public SenderBuilder how(@Nullable String value) {
    this.how = value;
    return this;
  }

  public SenderBuilder ancestry(@Nullable List<Ancestor> value) {
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
