// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * A {@code JavaThread}.
 *
 * @param address of the JavaThread
 * @param nativeId the tid in its own pid namespace; 0 if it has not started or has ended
 * @param threadObject its {@code java.lang.Thread}, or 0
 * @param mountedVirtualThread the virtual thread that it carries, or 0
 * @param state the number of its state, see {@link JavaThreads#stateName}
 * @param anchor the address of its JavaFrameAnchor
 * @param pendingMonitor the ObjectMonitor that it is about to enter, or 0
 * @param waitingMonitor the ObjectMonitor that it waits on, or 0
 */
record JavaThread(
    long address,
    int nativeId,
    long threadObject,
    long mountedVirtualThread,
    int state,
    long anchor,
    StackBounds stack,
    long pendingMonitor,
    long waitingMonitor) {}
