// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Chooses the most likely walk of a stack. Several walks may reach the bottom from different
 * places; wrong ones begin in leftovers of calls that have returned. The walk from the lowest place
 * is chosen, unless another one shows that it is outdated.
 */
final class NewestWalk {

  private final Set<Long> seen = new HashSet<>();
  private List<Frame> frames = List.of();

  /** Whether a walk had a frame with this stack pointer: the rest is then the same. */
  boolean hasSeen(long sp) {
    return seen.contains(sp);
  }

  /**
   * Adds a walk.
   *
   * @param walked its frames, newest first; the walk began at a higher place than all before
   */
  void add(List<Frame> walked) {
    for (Frame frame : walked) {
      seen.add(frame.sp());
    }
    if (frames.isEmpty() || (!walked.isEmpty() && isOutdatedBy(walked))) {
      frames = walked;
    }
  }

  /**
   * Whether a walk is outdated by another one that has reached an older frame (all stacks of a
   * thread have the same bottom), or by a loop that continues in compiled code instead of the
   * interpreter.
   */
  private boolean isOutdatedBy(List<Frame> walked) {
    long bottom = frames.get(frames.size() - 1).sp();
    long other = walked.get(walked.size() - 1).sp();
    return other > bottom || (other == bottom && isCompiledSince(walked));
  }

  private boolean isCompiledSince(List<Frame> walked) {
    for (int i = 0; i < frames.size() && i < walked.size(); i++) {
      Frame one = frames.get(frames.size() - 1 - i);
      Frame other = walked.get(walked.size() - 1 - i);
      if (one.className() == null ? one.pc() != other.pc() : !isSameMethod(one, other)) {
        return false;
      }
      if (one.kind() == Frame.Kind.INTERPRETED && other.kind() != Frame.Kind.INTERPRETED) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSameMethod(Frame one, Frame other) {
    return Objects.equals(one.className(), other.className())
        && Objects.equals(one.method(), other.method());
  }

  /** The frames of the chosen walk, newest first; empty if there was none. */
  List<Frame> frames() {
    return frames;
  }
}
