// SPDX-License-Identifier: Apache-2.0
#include "base/null_device.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int open_null(int flags)
{
	int fd = open("/dev/null", O_RDWR | flags);

	if (fd >= 0)
		return fd;
	fd = memfd_create("null", MFD_ALLOW_SEALING | (flags & O_CLOEXEC ? MFD_CLOEXEC : 0U));
	if (fd < 0)
		return -1;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)) {
		close(fd);
		return -1;
	}
	return fd;
}
