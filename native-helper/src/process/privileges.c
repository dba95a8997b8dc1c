// SPDX-License-Identifier: Apache-2.0
#include "process/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Some headers lack these. */
#define BIT(capability) (1ULL << (capability))
#define BPF 39
#define MAX_CAPABILITY 63 /* of a capability set; the kernel refuses unknown ones */

static bool are_lent;

struct sets {
	uint64_t effective, permitted, inheritable;
};

/* The C library has no wrapper: only libcap is meant to call capset(2). */
static bool get(struct sets *sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	if (syscall(SYS_capget, &header, data))
		return false;
	sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	sets->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return true;
}

static bool set(const struct sets *sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (__u32)sets->effective, (__u32)sets->permitted, (__u32)sets->inheritable },
		{ (__u32)(sets->effective >> 32), (__u32)(sets->permitted >> 32),
		  (__u32)(sets->inheritable >> 32) },
	};

	return syscall(SYS_capset, &header, data) == 0;
}

const char *privileges_init(void)
{
	if (getuid() != geteuid() || getgid() != getegid())
		return "it must not be installed setuid or setgid; give it file capabilities";
	are_lent = getauxval(AT_SECURE) != 0;
	privileges_lower();
	return NULL;
}

bool privileges_are_lent(void)
{
	return are_lent;
}

bool privileges_have(int capability)
{
	struct sets sets;

	return get(&sets) && (sets.effective & BIT(capability));
}

void privileges_raise(void)
{
	struct sets sets;

	if (!are_lent || !get(&sets))
		return;
	sets.effective = sets.permitted;
	(void)set(&sets);
}

void privileges_lower(void)
{
	struct sets sets;

	if (!are_lent || !get(&sets))
		return;
	sets.effective = 0;
	if (!set(&sets))
		_exit(1); /* this can't fail; if it does, the process must not continue */
}

int privileges_check(const struct jvm *jvm, pid_t tid)
{
	char path[32], first;
	struct sets before;
	int fd, err;

	if (!are_lent)
		return 0;
	if (!get(&before))
		return -EPERM;
	privileges_lower();
	(void)snprintf(path, sizeof(path), "task/%d/maps", tid);
	fd = openat(jvm->proc_fd, path, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : 0;
	/* the file of a process without memory can always be opened, and is empty */
	if (!err && read(fd, &first, 1) != 1)
		err = -ESRCH;
	if (fd >= 0)
		close(fd);
	(void)set(&before);
	return err;
}

void privileges_keep_for_watching(void)
{
	struct sets sets;

	if (!are_lent || !get(&sets))
		return;
	/* BPF maps are read until the end, which requires CAP_BPF on older kernels */
	sets.permitted &= BIT(CAP_SYS_PTRACE) | BIT(BPF);
	sets.effective &= sets.permitted;
	sets.inheritable = 0;
	(void)set(&sets);
}

void privileges_drop_lent(void)
{
	static const struct sets none;

	if (are_lent && !set(&none))
		_exit(1);
}

void privileges_drop(enum privileges kept)
{
	struct sets few = {};

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (!are_lent && geteuid() == 0 && kept == PRIVILEGES_TO_READ_FILES && get(&few)) {
		few.permitted &= BIT(CAP_DAC_READ_SEARCH);
		few.effective = few.permitted;
		few.inheritable = 0;
	}
	/* programs executed by root get the bounding set; without CAP_SETPCAP it can't be reduced
	 */
	for (int capability = 0; capability <= MAX_CAPABILITY; capability++)
		if (!(few.permitted & BIT(capability)))
			(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	if (!set(&few))
		_exit(1);
}
