// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.Trust;

/** Puts a {@link Frame} together; values that are not set are unknown. */
public final class FrameBuilder {

  private String className;
  private String method;
  private String descriptor;
  private String file;
  private Integer line;
  private Integer bci;
  private String type;
  private String function;
  private String path;
  private String buildId;
  private String ip;
  private String sp;
  private Trust trust;
  private Boolean inApp;

  FrameBuilder() {}

  FrameBuilder(Frame from) {
    this.className = from.className();
    this.method = from.method();
    this.descriptor = from.descriptor();
    this.file = from.file();
    this.line = from.line();
    this.bci = from.bci();
    this.type = from.type();
    this.function = from.function();
    this.path = from.path();
    this.buildId = from.buildId();
    this.ip = from.ip();
    this.sp = from.sp();
    this.trust = from.trust();
    this.inApp = from.inApp();
  }

  public FrameBuilder className(String value) {
    this.className = value;
    return this;
  }

  public FrameBuilder method(String value) {
    this.method = value;
    return this;
  }

  public FrameBuilder descriptor(String value) {
    this.descriptor = value;
    return this;
  }

  public FrameBuilder file(String value) {
    this.file = value;
    return this;
  }

  public FrameBuilder line(Integer value) {
    this.line = value;
    return this;
  }

  public FrameBuilder bci(Integer value) {
    this.bci = value;
    return this;
  }

  public FrameBuilder type(String value) {
    this.type = value;
    return this;
  }

  public FrameBuilder function(String value) {
    this.function = value;
    return this;
  }

  public FrameBuilder path(String value) {
    this.path = value;
    return this;
  }

  public FrameBuilder buildId(String value) {
    this.buildId = value;
    return this;
  }

  public FrameBuilder ip(String value) {
    this.ip = value;
    return this;
  }

  public FrameBuilder sp(String value) {
    this.sp = value;
    return this;
  }

  public FrameBuilder trust(Trust value) {
    this.trust = value;
    return this;
  }

  public FrameBuilder inApp(Boolean value) {
    this.inApp = value;
    return this;
  }

  public Frame build() {
    return new Frame(
        className,
        method,
        descriptor,
        file,
        line,
        bci,
        type,
        function,
        path,
        buildId,
        ip,
        sp,
        trust,
        inApp);
  }
}
