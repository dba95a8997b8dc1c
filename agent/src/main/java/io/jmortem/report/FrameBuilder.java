// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.Trust;
import org.jspecify.annotations.Nullable;

/** Puts a {@link Frame} together; values that are not set are unknown. */
@SuppressWarnings("NullAway.Init") // what is never null is always set
public final class FrameBuilder {

  private @Nullable String className;
  private @Nullable String method;
  private @Nullable String descriptor;
  private @Nullable String file;
  private @Nullable Integer line;
  private @Nullable Integer bci;
  private @Nullable String type;
  private @Nullable String function;
  private @Nullable String path;
  private @Nullable String buildId;
  private @Nullable String ip;
  private @Nullable String sp;
  private @Nullable Trust trust;
  private @Nullable Boolean inApp;

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

  public FrameBuilder className(@Nullable String value) {
    this.className = value;
    return this;
  }

  public FrameBuilder method(@Nullable String value) {
    this.method = value;
    return this;
  }

  public FrameBuilder descriptor(@Nullable String value) {
    this.descriptor = value;
    return this;
  }

  public FrameBuilder file(@Nullable String value) {
    this.file = value;
    return this;
  }

  public FrameBuilder line(@Nullable Integer value) {
    this.line = value;
    return this;
  }

  public FrameBuilder bci(@Nullable Integer value) {
    this.bci = value;
    return this;
  }

  public FrameBuilder type(@Nullable String value) {
    this.type = value;
    return this;
  }

  public FrameBuilder function(@Nullable String value) {
    this.function = value;
    return this;
  }

  public FrameBuilder path(@Nullable String value) {
    this.path = value;
    return this;
  }

  public FrameBuilder buildId(@Nullable String value) {
    this.buildId = value;
    return this;
  }

  public FrameBuilder ip(@Nullable String value) {
    this.ip = value;
    return this;
  }

  public FrameBuilder sp(@Nullable String value) {
    this.sp = value;
    return this;
  }

  public FrameBuilder trust(@Nullable Trust value) {
    this.trust = value;
    return this;
  }

  public FrameBuilder inApp(@Nullable Boolean value) {
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
