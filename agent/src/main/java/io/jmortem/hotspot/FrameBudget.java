// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.List;

/**
 * Limits the frames that are kept: for each thread the newest and the oldest, for all threads
 * together as many as fit into the memory of this process and of the reporter.
 */
final class FrameBudget {

  /** The limit for all threads together; after that, only a few frames of each are kept. */
  private static final int MAX_FRAMES_IN_ALL = 60_000;

  /** The limit for one thread, the same as the default of Throwable. */
  private static final int MAX_NEWEST = 1024;

  /** The oldest frames are kept, too: they show who began a recursion. */
  private static final int MAX_OLDEST = 50;

  private static final int FEW_NEWEST = 15;
  private static final int FEW_OLDEST = 5;

  private int framesInAll;

  /**
   * The frames of a thread that are kept.
   *
   * @param errors receives a note about frames that are left out
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
