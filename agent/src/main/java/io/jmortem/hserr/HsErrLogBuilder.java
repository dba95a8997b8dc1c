// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts an {@link HsErrLog} together. */
@SuppressWarnings("NullAway.Init") // what is never null is always set
final class HsErrLogBuilder {

  private @Nullable String headline;
  private @Nullable String message;
  private int signo;
  private long pid;
  private long tid;
  private @Nullable String jreVersion;
  private @Nullable String javaVm;
  private @Nullable String problematicFrame;
  private @Nullable HsErrThread currentThread;
  private boolean isNativeThread;
  private @Nullable String currentCompileTask;
  private @Nullable String siginfo;
  private List<HsErrFrame> nativeFrames;
  private List<HsErrFrame> javaFrames;
  private long processed;
  private Map<String, String> registers;
  private List<HsErrThread> threads;
  private Map<String, String> vmArguments;
  private double elapsedSeconds;
  private List<String> errors;
  private HsErrDetails details;
  private boolean complete;
  private boolean hasStack;
  private boolean outOfMemory;

  HsErrLogBuilder() {}

  HsErrLogBuilder headline(@Nullable String value) {
    this.headline = value;
    return this;
  }

  HsErrLogBuilder message(@Nullable String value) {
    this.message = value;
    return this;
  }

  HsErrLogBuilder signo(int value) {
    this.signo = value;
    return this;
  }

  HsErrLogBuilder pid(long value) {
    this.pid = value;
    return this;
  }

  HsErrLogBuilder tid(long value) {
    this.tid = value;
    return this;
  }

  HsErrLogBuilder jreVersion(@Nullable String value) {
    this.jreVersion = value;
    return this;
  }

  HsErrLogBuilder javaVm(@Nullable String value) {
    this.javaVm = value;
    return this;
  }

  HsErrLogBuilder problematicFrame(@Nullable String value) {
    this.problematicFrame = value;
    return this;
  }

  HsErrLogBuilder currentThread(@Nullable HsErrThread value) {
    this.currentThread = value;
    return this;
  }

  HsErrLogBuilder isNativeThread(boolean value) {
    this.isNativeThread = value;
    return this;
  }

  HsErrLogBuilder currentCompileTask(@Nullable String value) {
    this.currentCompileTask = value;
    return this;
  }

  HsErrLogBuilder siginfo(@Nullable String value) {
    this.siginfo = value;
    return this;
  }

  HsErrLogBuilder nativeFrames(List<HsErrFrame> value) {
    this.nativeFrames = value;
    return this;
  }

  HsErrLogBuilder javaFrames(List<HsErrFrame> value) {
    this.javaFrames = value;
    return this;
  }

  HsErrLogBuilder processed(long value) {
    this.processed = value;
    return this;
  }

  HsErrLogBuilder registers(Map<String, String> value) {
    this.registers = value;
    return this;
  }

  HsErrLogBuilder threads(List<HsErrThread> value) {
    this.threads = value;
    return this;
  }

  HsErrLogBuilder vmArguments(Map<String, String> value) {
    this.vmArguments = value;
    return this;
  }

  HsErrLogBuilder elapsedSeconds(double value) {
    this.elapsedSeconds = value;
    return this;
  }

  HsErrLogBuilder errors(List<String> value) {
    this.errors = value;
    return this;
  }

  HsErrLogBuilder details(HsErrDetails value) {
    this.details = value;
    return this;
  }

  HsErrLogBuilder complete(boolean value) {
    this.complete = value;
    return this;
  }

  HsErrLogBuilder hasStack(boolean value) {
    this.hasStack = value;
    return this;
  }

  HsErrLogBuilder outOfMemory(boolean value) {
    this.outOfMemory = value;
    return this;
  }

  HsErrLog build() {
    return new HsErrLog(
        headline,
        message,
        signo,
        pid,
        tid,
        jreVersion,
        javaVm,
        problematicFrame,
        currentThread,
        isNativeThread,
        currentCompileTask,
        siginfo,
        nativeFrames,
        javaFrames,
        processed,
        registers,
        threads,
        vmArguments,
        elapsedSeconds,
        errors,
        details,
        complete,
        hasStack,
        outOfMemory);
  }
}
