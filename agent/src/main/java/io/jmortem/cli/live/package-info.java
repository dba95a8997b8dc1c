// SPDX-License-Identifier: Apache-2.0
/** JVMs that run: what {@code /proc} tells of them, and the ways to reach them. */
package io.jmortem.cli.live;
