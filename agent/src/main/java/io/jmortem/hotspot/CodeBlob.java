// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * A {@code CodeBlob}: an nmethod, a stub, an adapter.
 *
 * @param frameSize the size of its frame in words; 0 or less if the size is not fixed
 * @param frameComplete offset from codeStart at which the frame is complete; -1 if unknown
 * @param nmethod null if it is not an nmethod
 */
record CodeBlob(
    long address,
    String name,
    long codeStart,
    long codeEnd,
    int frameSize,
    int frameComplete,
    @Nullable NMethod nmethod) {

  /** The nmethod; only where it is known to be one. */
  NMethod requireNMethod() {
    if (nmethod == null) {
      throw new BrokenStructureException("a blob that is no nmethod", address);
    }
    return nmethod;
  }

  boolean contains(long pc) {
    return pc >= codeStart && pc < codeEnd;
  }

  /** The frames of a virtual thread below this address are not on the stack: JEP 444. */
  boolean isContinuationBarrier() {
    return nmethod == null && name.contains("ontinuation");
  }
}
