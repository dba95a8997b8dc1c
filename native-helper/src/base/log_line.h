/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOG_LINE_H
#define LOG_LINE_H

/*
 * One line on stderr, which is the watched JVM's own: "jmortem: ...". Written in
 * one piece, so that it can't be mixed with what the JVM says.
 */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
