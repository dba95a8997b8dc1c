// SPDX-License-Identifier: Apache-2.0
#include "base/null_device.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* linux/memfd.h of 6.3; older headers lack it */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

int open_null(int flags)
{
	const unsigned int in_memory = MFD_ALLOW_SEALING | (flags & O_CLOEXEC ? MFD_CLOEXEC : 0U);
	int fd = open("/dev/null", O_RDWR | flags);

	if (fd >= 0)
		return fd;
	fd = memfd_create("null", in_memory | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create("null", in_memory);
	if (fd < 0)
		return -1;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)) {
		close(fd);
		return -1;
	}
	return fd;
}
