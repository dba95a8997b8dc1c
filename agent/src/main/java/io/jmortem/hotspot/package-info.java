// SPDX-License-Identifier: Apache-2.0
/**
 * Reads every Java thread's stack from the memory of a HotSpot process that does not run: frozen,
 * or dying. Knows memory, and nothing of reports.
 *
 * <p>Nothing that is read is believed. A structure that is broken, or can't be read, is a {@link
 * io.jmortem.hotspot.BrokenStructureException}, which {@link io.jmortem.hotspot.StackWalk} turns
 * into a soft error of the one thread; loops are bounded; {@link
 * io.jmortem.hotspot.DeadlineException} ends the whole walk.
 *
 * <p>Classes are named for HotSpot's own, and offsets come from the tables that libjvm exports for
 * the Serviceability Agent. No lambdas, streams, regular expressions or format strings here: they
 * cost a cold JVM more than the walk itself, and a dying process waits.
 */
@NullMarked
package io.jmortem.hotspot;

import org.jspecify.annotations.NullMarked;
