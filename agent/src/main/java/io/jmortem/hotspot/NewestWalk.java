// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Of several walks of one stack, each of which has reached its bottom from another place, the one
 * that is most likely the thread's real stack; the others begin in frames that a call has left
 * behind. That is the one from the lowest place, unless another shows that it is outdated.
 */
final class NewestWalk {

  private final Set<Long> seen = new HashSet<>();
  private List<Frame> frames = List.of();

  /** Whether a frame with this stack pointer was in a walk: from there the rest is the same. */
  boolean hasSeen(long sp) {
    return seen.contains(sp);
  }

  /**
   * Takes a walk into account.
   *
   * @param walked its frames, newest first; from a higher place than all before
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
   * By one that has reached an older frame: all of a thread's stacks have the same at their bottom.
   * Or by a loop that goes on in compiled code, in place of the interpreter's frame.
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

  /** The frames of that walk, newest first; empty if there was none. */
  List<Frame> frames() {
    return frames;
  }
}
