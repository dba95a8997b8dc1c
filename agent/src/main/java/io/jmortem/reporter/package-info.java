// SPDX-License-Identifier: Apache-2.0
/**
 * The reporter: a process that turns evidence into a report. The helper starts it with the {@code
 * java} of the dead JVM. The package also rebuilds a report from its directory.
 */
@NullMarked
package io.jmortem.reporter;

import org.jspecify.annotations.NullMarked;
