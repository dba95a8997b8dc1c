// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the stack of every Java thread from the memory of a HotSpot process that is stopped:
 * frozen, or dying. The package depends only on memory, not on reports.
 *
 * <p>The memory is not trusted. If a structure is broken or can't be read, a {@link
 * io.jmortem.hotspot.BrokenStructureException} is thrown, which {@link
 * io.jmortem.hotspot.StackWalk} turns into a soft error of one thread. Loops are bounded. {@link
 * io.jmortem.hotspot.DeadlineException} ends the whole walk.
 *
 * <p>Classes have the names of HotSpot's classes, and offsets come from the tables that libjvm
 * exports for the Serviceability Agent. The package uses no lambdas, streams, regular expressions
 * or format strings: they take more time in a cold JVM than the walk itself, and a dying process
 * waits.
 */
@NullMarked
package io.jmortem.hotspot;

import org.jspecify.annotations.NullMarked;
