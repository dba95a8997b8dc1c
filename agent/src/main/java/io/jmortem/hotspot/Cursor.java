// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * A place on a stack: HotSpot's {@code frame}.
 *
 * @param sp the lowest address of the frame
 * @param unextendedSp sp without the arguments that a callee of another kind stored there
 * @param fp the value of rbp: the frame's own if it is interpreted, otherwise the caller's or
 *     garbage
 * @param trust how this place was found
 */
record Cursor(long pc, long sp, long unextendedSp, long fp, Frame.Trust trust) {}
