// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * A {@code CodeBlob}: an nmethod, a stub, an adapter.
 *
 * @param frameSize of its frame, in words; 0 or less if the frame has no fixed size
 * @param frameComplete offset from codeStart from which on the frame is there; -1 if never told
 * @param nmethod null if it is none
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
