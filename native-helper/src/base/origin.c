// SPDX-License-Identifier: Apache-2.0
#include "base/origin.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static struct origin here = { .fd = -1 };

void origin_note(void)
{
	here.fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* the kernel writes "(unreachable)" for a directory outside of our root */
	if (!getcwd(here.path, sizeof(here.path)) || *here.path != '/')
		*here.path = '\0';
}

const struct origin *origin(void)
{
	return &here;
}

bool origin_resolve(const char *path, char *resolved, size_t size)
{
	if (*path == '/')
		return snprintf(resolved, size, "%s", path) < (int)size;
	return *here.path && snprintf(resolved, size, "%s/%s", here.path, path) < (int)size;
}
