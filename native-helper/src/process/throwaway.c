// SPDX-License-Identifier: Apache-2.0
#include "process/throwaway.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/privileges.h"

/* To become it, to give it files and take them back, and to end it. */
static bool may_have_one(void)
{
	return geteuid() == 0 && privileges_have(CAP_SETUID) && privileges_have(CAP_SETGID) &&
	       privileges_have(CAP_CHOWN) && privileges_have(CAP_FOWNER) &&
	       privileges_have(CAP_KILL);
}

/* The kernel says nothing of an unknown user, but does not take it. */
static bool is_in_our_namespace(uid_t user)
{
	bool is;

	(void)setfsuid(user);
	is = setfsuid((uid_t)-1) == (int)user;
	(void)setfsuid(geteuid());
	return is;
}

uid_t throwaway_choose(void)
{
	uid_t user;

	if (!may_have_one() || getrandom(&user, sizeof(user), GRND_NONBLOCK) != sizeof(user))
		return 0;
	user = THROWAWAY_FIRST | (user & (THROWAWAY_LAST - THROWAWAY_FIRST));
	return is_in_our_namespace(user) ? user : 0;
}

bool throwaway_can_run(uid_t user, const char *program, const char *const *files)
{
	bool can = setgroups(0, NULL) == 0;

	(void)setfsgid(user);
	(void)setfsuid(user);
	can = can && faccessat(AT_FDCWD, program, R_OK | X_OK, AT_EACCESS) == 0;
	for (; can && *files; files++)
		can = faccessat(AT_FDCWD, *files, R_OK, AT_EACCESS) == 0;
	(void)setfsuid(geteuid());
	(void)setfsgid(getegid());
	return can;
}

void throwaway_become(uid_t user)
{
	pid_t parent = getppid();
	int at_its_end = 0;

	/* the kernel forgets it with a change of the user */
	(void)prctl(PR_GET_PDEATHSIG, &at_its_end);
	if (setgroups(0, NULL) || setresgid(user, user, user) || setresuid(user, user, user))
		_exit(1);
	if (at_its_end && (prctl(PR_SET_PDEATHSIG, at_its_end) || getppid() != parent))
		_exit(1);
}

void throwaway_act_for(const struct jvm_user *user)
{
	uid_t own = throwaway_choose();

	if (geteuid() != 0 || (!own && user->is_known && !user->fsuid && user->fsgid == getegid()))
		return;
	if (!user->is_known || setgroups(0, NULL) ||
	    setresgid(own ? own : (gid_t)-1, user->fsgid, own ? own : (gid_t)-1) ||
	    setresuid(own ? own : (uid_t)-1, user->fsuid, own ? own : (uid_t)-1))
		_exit(1);
}

/*
 * Takes the user's right to signal its processes, but not its numbers that those could signal us
 * by: they could stop us.
 */
static _Noreturn void kill_all_of(uid_t user)
{
	uid_t own = throwaway_choose();

	if (!own || setgroups(0, NULL) || setresgid(own, own, own) || setresuid(own, user, own))
		_exit(1);
	privileges_drop(PRIVILEGES_NONE); /* otherwise everybody's processes would be killed */
	(void)kill(-1, SIGKILL); /* all that this user may signal, except ourselves */
	_exit(0);
}

void throwaway_end(uid_t user)
{
	pid_t killer = fork();

	if (killer == 0)
		kill_all_of(user);
	if (killer > 0)
		(void)waitpid(killer, NULL, 0);
}
