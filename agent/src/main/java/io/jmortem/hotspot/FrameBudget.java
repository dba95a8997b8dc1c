// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.List;

/**
 * How many frames are kept: of one thread the newest and the oldest, of all threads together no
 * more than this process's memory, and the reporter's, can take.
 */
final class FrameBudget {

  /** In all threads together; of each one after that only a few. */
  private static final int MAX_FRAMES_IN_ALL = 60_000;

  /** Of one thread, as Throwable has it by default. */
  private static final int MAX_NEWEST = 1024;

  /** Who began a recursion counts as much as where it has got to. */
  private static final int MAX_OLDEST = 50;

  private static final int FEW_NEWEST = 15;
  private static final int FEW_OLDEST = 5;

  private int framesInAll;

  /**
   * Those of a thread's frames that are kept.
   *
   * @param errors what is left out is added here
   */
  List<Frame> keep(List<Frame> frames, List<String> errors) {
    boolean isFull = framesInAll > MAX_FRAMES_IN_ALL;
    int most = isFull ? FEW_NEWEST : MAX_NEWEST;
    int oldest = isFull ? FEW_OLDEST : MAX_OLDEST;
    List<Frame> kept = frames;
    int leftOut = frames.size() - most - oldest;
    if (leftOut > 0) {
      errors.add(leftOut + " frames left out after the newest " + most);
      kept = new ArrayList<>(frames.subList(0, most));
      kept.addAll(frames.subList(frames.size() - oldest, frames.size()));
    }
    framesInAll += kept.size();
    return kept;
  }
}
