// SPDX-License-Identifier: Apache-2.0
/**
 * The walker's process. The helper starts it while the JVM is held. It reads the stacks, reports
 * that it has read them, and writes them out while the JVM already runs again.
 */
@NullMarked
package io.jmortem.walker;

import org.jspecify.annotations.NullMarked;
