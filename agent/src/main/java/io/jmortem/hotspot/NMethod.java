// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * What compiled code knows of itself.
 *
 * @param method the address of its Method; the outermost one where others are inlined
 * @param deoptHandler return address of a frame that is to be deoptimized; likewise {@code
 *     deoptMhHandler}, for calls of method handles
 * @param originalPcOffset where such a frame keeps its own pc, in bytes from its unextended sp
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
