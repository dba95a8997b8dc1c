// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.List;

/**
 * One method of a compiled frame at one pc. The newest one is the innermost inlined method.
 *
 * @param monitors the locations of the addresses of locked objects
 */
record ScopeDesc(JavaMethod method, int bci, List<Monitor> monitors) {

  /**
   * A lock.
   *
   * @param location a HotSpot Location, or an index into the nmethod's objects
   * @param isConstant whether it is such an index
   * @param isEliminated whether the compiler has eliminated the locking
   */
  record Monitor(int location, boolean isConstant, boolean isEliminated) {}
}
