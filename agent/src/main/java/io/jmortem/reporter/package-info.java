// SPDX-License-Identifier: Apache-2.0
/**
 * The reporter: a process of its own, started by the helper with the dying JVM's own java, that
 * turns evidence into a report. Also rebuilds a report from its directory.
 */
package io.jmortem.reporter;
