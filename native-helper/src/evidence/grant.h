/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GRANT_H
#define GRANT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Lets a user read what root owns: a report in the daemon's store, which its JVM's user may read
 * and nobody else. By an access control list (acl(5)); where the file system has none, the user
 * becomes the owner, and may still not write.
 */

/* The directory and the plain files in it. The files come first, so that all or none are seen. */
void store_grant(int dir_fd, uid_t user);

/* An open file of ours. */
void store_grant_file(int fd, uid_t user);

/* Whether a list names the user as one who may read. */
bool store_is_granted(int fd, uid_t user);

/* The directory alone: its names. False if the file system has no access control lists. */
bool store_grant_names(int dir_fd, uid_t user);

#endif
