// SPDX-License-Identifier: Apache-2.0
/** Reads the agent's rolling snapshots, which {@code io.jmortem.agent} writes. */
@NullMarked
package io.jmortem.snapshot;

import org.jspecify.annotations.NullMarked;
