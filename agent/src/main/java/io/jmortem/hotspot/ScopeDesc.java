// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.List;

/**
 * One method of a compiled frame at one pc. The newest is the innermost of those that are inlined.
 *
 * @param monitors where the addresses of locked objects are
 */
record ScopeDesc(JavaMethod method, int bci, List<Monitor> monitors) {

  /**
   * A lock.
   *
   * @param location of HotSpot's kind, or an index of the nmethod's objects
   * @param isConstant whether it is such an index
   * @param isEliminated whether the compiler has left the locking out
   */
  record Monitor(int location, boolean isConstant, boolean isEliminated) {}
}
