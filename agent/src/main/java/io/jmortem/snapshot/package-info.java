// SPDX-License-Identifier: Apache-2.0
/** The agent's rolling snapshots, read back; {@code io.jmortem.agent} writes them. */
package io.jmortem.snapshot;
