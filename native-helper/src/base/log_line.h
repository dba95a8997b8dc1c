/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOG_LINE_H
#define LOG_LINE_H

/*
 * Writes one line "jmortem: ..." to stderr, which is that of the watched JVM. It uses one write, so
 * that the line is not mixed with output of the JVM.
 */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
