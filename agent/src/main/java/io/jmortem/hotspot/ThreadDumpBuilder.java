// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.hotspot.StackDump.Lock;
import io.jmortem.hotspot.StackDump.ThreadDump;
import io.jmortem.hotspot.StackDump.Wait;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts a {@link ThreadDump} together; values that are not set are unknown, or empty. */
@SuppressWarnings("NullAway.Init") // what is never null is always set
public final class ThreadDumpBuilder {

  private @Nullable Long id;
  private @Nullable Integer nativeId;
  private String name;
  private @Nullable String state;
  private @Nullable String vmState;
  private @Nullable Boolean daemon;
  private @Nullable Integer priority;
  private boolean virtual;
  private boolean crashed;
  private List<Frame> frames;
  private List<Frame> vmFrames;
  private List<Lock> holds;
  private @Nullable Wait waitsFor;
  private List<String> softErrors;

  ThreadDumpBuilder() {}

  ThreadDumpBuilder(ThreadDump from) {
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
    this.vmFrames = from.vmFrames();
    this.holds = from.holds();
    this.waitsFor = from.waitsFor();
    this.softErrors = from.softErrors();
  }

  public ThreadDumpBuilder id(@Nullable Long value) {
    this.id = value;
    return this;
  }

  public ThreadDumpBuilder nativeId(@Nullable Integer value) {
    this.nativeId = value;
    return this;
  }

  public ThreadDumpBuilder name(String value) {
    this.name = value;
    return this;
  }

  public ThreadDumpBuilder state(@Nullable String value) {
    this.state = value;
    return this;
  }

  public ThreadDumpBuilder vmState(@Nullable String value) {
    this.vmState = value;
    return this;
  }

  public ThreadDumpBuilder daemon(@Nullable Boolean value) {
    this.daemon = value;
    return this;
  }

  public ThreadDumpBuilder priority(@Nullable Integer value) {
    this.priority = value;
    return this;
  }

  public ThreadDumpBuilder virtual(boolean value) {
    this.virtual = value;
    return this;
  }

  public ThreadDumpBuilder crashed(boolean value) {
    this.crashed = value;
    return this;
  }

  public ThreadDumpBuilder frames(List<Frame> value) {
    this.frames = value;
    return this;
  }

  public ThreadDumpBuilder vmFrames(List<Frame> value) {
    this.vmFrames = value;
    return this;
  }

  public ThreadDumpBuilder holds(List<Lock> value) {
    this.holds = value;
    return this;
  }

  public ThreadDumpBuilder waitsFor(@Nullable Wait value) {
    this.waitsFor = value;
    return this;
  }

  public ThreadDumpBuilder softErrors(List<String> value) {
    this.softErrors = value;
    return this;
  }

  public ThreadDump build() {
    return new ThreadDump(
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
        vmFrames,
        holds,
        waitsFor,
        softErrors);
  }
}
