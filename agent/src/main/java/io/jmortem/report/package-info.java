// SPDX-License-Identifier: Apache-2.0
/**
 * The report: its content ({@link io.jmortem.report.Report}, the schema of {@code report.json}) and
 * its forms. The package does not know where the content comes from.
 */
@NullMarked
package io.jmortem.report;

import org.jspecify.annotations.NullMarked;
