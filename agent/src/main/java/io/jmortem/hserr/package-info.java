// SPDX-License-Identifier: Apache-2.0
/**
 * HotSpot's own log of a fatal error, {@code hs_err_pid*.log}: where it is, and what it says.
 * Written by a process that is dying, so it may be cut off at any byte and hold anything.
 */
package io.jmortem.hserr;
