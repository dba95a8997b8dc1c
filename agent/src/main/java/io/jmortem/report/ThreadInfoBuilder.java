// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.LockInfo;
import io.jmortem.report.Report.ThreadInfo;
import io.jmortem.report.Report.WaitInfo;
import java.util.List;

/** Puts a {@link ThreadInfo} together; values that are not set are unknown. */
public final class ThreadInfoBuilder {

  private Long id;
  private Integer nativeId;
  private String name;
  private String state;
  private String vmState;
  private Boolean daemon;
  private Integer priority;
  private boolean virtual;
  private boolean crashed;
  private List<Frame> frames;
  private List<LockInfo> holds;
  private WaitInfo waitsFor;
  private List<String> softErrors;

  ThreadInfoBuilder() {}

  ThreadInfoBuilder(ThreadInfo from) {
    this.id = from.id();
    this.nativeId = from.nativeId();
    this.name = from.name();
    this.state = from.state();
    this.vmState = from.vmState();
    this.daemon = from.daemon();
    this.priority = from.priority();
    this.virtual = from.virtual();
    this.crashed = from.crashed();
    this.frames = from.frames();
    this.holds = from.holds();
    this.waitsFor = from.waitsFor();
    this.softErrors = from.softErrors();
  }

  public ThreadInfoBuilder id(Long value) {
    this.id = value;
    return this;
  }

  public ThreadInfoBuilder nativeId(Integer value) {
    this.nativeId = value;
    return this;
  }

  public ThreadInfoBuilder name(String value) {
    this.name = value;
    return this;
  }

  public ThreadInfoBuilder state(String value) {
    this.state = value;
    return this;
  }

  public ThreadInfoBuilder vmState(String value) {
    this.vmState = value;
    return this;
  }

  public ThreadInfoBuilder daemon(Boolean value) {
    this.daemon = value;
    return this;
  }

  public ThreadInfoBuilder priority(Integer value) {
    this.priority = value;
    return this;
  }

  public ThreadInfoBuilder virtual(boolean value) {
    this.virtual = value;
    return this;
  }

  public ThreadInfoBuilder crashed(boolean value) {
    this.crashed = value;
    return this;
  }

  public ThreadInfoBuilder frames(List<Frame> value) {
    this.frames = value;
    return this;
  }

  public ThreadInfoBuilder holds(List<LockInfo> value) {
    this.holds = value;
    return this;
  }

  public ThreadInfoBuilder waitsFor(WaitInfo value) {
    this.waitsFor = value;
    return this;
  }

  public ThreadInfoBuilder softErrors(List<String> value) {
    this.softErrors = value;
    return this;
  }

  public ThreadInfo build() {
    return new ThreadInfo(
        id,
        nativeId,
        name,
        state,
        vmState,
        daemon,
        priority,
        virtual,
        crashed,
        frames,
        holds,
        waitsFor,
        softErrors);
  }
}
