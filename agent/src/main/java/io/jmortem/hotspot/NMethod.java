// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * The metadata of compiled code.
 *
 * @param method the address of its Method, the outermost one if others are inlined
 * @param deoptHandler the return address of a frame that is to be deoptimized; {@code
 *     deoptMhHandler} is the same for calls of method handles
 * @param originalPcOffset offset of the original pc in such a frame, in bytes from its unextended
 *     sp
 */
record NMethod(
    long method,
    long deoptHandler,
    long deoptMhHandler,
    int originalPcOffset,
    long scopesData,
    long pcDescs,
    long pcDescsEnd,
    long metadata,
    long oops) {

  boolean isDeoptHandler(long pc) {
    return pc == deoptHandler || pc == deoptMhHandler;
  }
}
