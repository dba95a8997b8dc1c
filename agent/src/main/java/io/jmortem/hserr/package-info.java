// SPDX-License-Identifier: Apache-2.0
/**
 * HotSpot's log of a fatal error, {@code hs_err_pid*.log}: finding and parsing it. A dying process
 * writes it, so it may be cut off at any byte, and may hold anything.
 */
@NullMarked
package io.jmortem.hserr;

import org.jspecify.annotations.NullMarked;
