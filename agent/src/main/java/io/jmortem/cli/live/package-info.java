// SPDX-License-Identifier: Apache-2.0
/** JVMs that run: what {@code /proc} tells of them, and the ways to reach them. */
@NullMarked
package io.jmortem.cli.live;

import org.jspecify.annotations.NullMarked;
