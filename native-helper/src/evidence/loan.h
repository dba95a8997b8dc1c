/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAN_H
#define LOAN_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * A report's directory in the hands of a throw-away user (throwaway.h), for as long as the reporter
 * works in it. Nobody else gets in meanwhile: not even the owner of the directory above, who is
 * root.
 */

/* Lends the directory and the evidence in it. False if the file system has no such owners. */
bool loan_begin(int dir_fd, int evidence_fd, uid_t to);

/*
 * Ends the processes of the user who has the directory, and takes it back. What remains in it are
 * plain files of ours; anything else that the user has made is removed. False if it was not lent.
 */
bool loan_end(int dir_fd);

#endif
