// SPDX-License-Identifier: Apache-2.0
/**
 * The walker's process: started by the helper while the JVM is held, it reads the stacks, says so,
 * and writes them down when the JVM is already going on.
 */
package io.jmortem.walker;
