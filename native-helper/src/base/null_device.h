/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NULL_DEVICE_H
#define NULL_DEVICE_H

/*
 * Opens /dev/null for reading and writing. Where a root directory has none, an empty file in memory
 * that takes no bytes: reads find its end, and writes fail. flags: O_CLOEXEC or 0. Returns the
 * descriptor, or -1 with errno.
 */
int open_null(int flags);

#endif
