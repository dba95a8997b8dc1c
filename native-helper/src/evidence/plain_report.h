/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLAIN_REPORT_H
#define PLAIN_REPORT_H

#include "evidence/evidence.h"
#include "evidence/plain_verdict.h"

/*
 * Writes the helper's own report.txt: a verdict in a few lines, for as long as there is no whole
 * report. The reporter replaces it, now or later (`jmortem list`). missing: why it is all there is.
 * line receives the verdict.
 */
void plain_report_write(const struct plain_verdict *verdict, const struct evidence *evidence,
			const char *missing, char *line, size_t size);

#endif
