// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/jvm.h"
#include "process/jvm_open.h"
#include "process/jvm_threads.h"
#include "process/maps.h"

static const char maps[] =
	"55d0c0000000-55d0c0001000 r-xp 00001000 fe:00 11 /usr/bin/java\n"
	"10000000-10001000 rwxp 00000000 00:00 0 \n"
	"7f0000000000-7f0000270000 rwxp 00000000 00:00 0 \n"
	"7f0000270000-7f0007000000 ---p 00000000 00:00 0 \n"
	"7f0007000000-7f0007100000 rwxp 00000000 00:00 0 \n"
	"7f0010000000-7f0010001000 rw-p 00000000 00:00 0 \n"
	"7f0100000000-7f0100200000 r--p 00000000 fe:00 12 /opt/a jdk/lib/server/libjvm.so\n"
	"7f0100200000-7f0101000000 r-xp 00200000 fe:00 12 /opt/a jdk/lib/server/libjvm.so "
	"(deleted)\n"
	"7f0200000000-7f0200100000 r-xp 00020000 fe:00 13 /lib/x86_64-linux-gnu/libc.so.6\n"
	"this is no mapping\n"
	"7ffe00000000-7ffe00002000 r-xp 00000000 00:00 0 [vdso]\n"
	"7ffe00100000-";

static void finds_images_and_the_code_cache(void **state)
{
	struct text text = {};
	struct jvm jvm = { .pid = 42 };

	(void)state;
	text_append(&text, maps, sizeof(maps) - 1);
	jvm_read_maps(&jvm, &text);
	assert_int_equal(jvm.libjvm.code.start, 0x7f0100200000);
	assert_int_equal(jvm.libjvm.code.end, 0x7f0101000000);
	assert_string_equal(jvm.libjvm.path, "/opt/a jdk/lib/server/libjvm.so");
	assert_string_equal(jvm.libjvm.identity, "fe:00 12");
	assert_int_equal(jvm.libc.code.start, 0x7f0200000000);
	assert_int_equal(jvm.code_cache.start, 0x7f0000000000);
	assert_int_equal(jvm.code_cache.end, 0x7f0007100000);
	assert_int_equal(jvm.vdso.start, 0x7ffe00000000);
	text_free(&text);
}

static void survives_any_truncation(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(maps); len++) {
		struct text text = {};
		struct jvm jvm = { .pid = 42 };

		text_append(&text, maps, len);
		jvm_read_maps(&jvm, &text);
		text_free(&text);
	}
}

/* This process's own libc, found as the helper finds that of a JVM. */
static void opens_the_file_that_is_mapped(void **state)
{
	struct jvm jvm;
	int fd;

	(void)state;
	assert_int_equal(jvm_open(&jvm, getpid(), getpid(), JVM_IS_OTHER), 0);
	fd = jvm_open_file(&jvm, &jvm.libc);
	assert_true(fd >= 0);
	close(fd);
	/* another one by the same name */
	(void)snprintf(jvm.libc.identity, sizeof(jvm.libc.identity), "fe:00 1");
	assert_int_equal(jvm_open_file(&jvm, &jvm.libc), -ENOENT);
	jvm.libc.code.start = 0;
	assert_int_equal(jvm_open_file(&jvm, &jvm.libc), -ENOENT);
	jvm_close(&jvm);
}

static void knows_whose_it_is(void **state)
{
	struct jvm_user user;
	struct jvm jvm;

	(void)state;
	assert_int_equal(jvm_open(&jvm, getpid(), getpid(), JVM_IS_OTHER), 0);
	user = jvm_read_user(&jvm);
	assert_true(user.is_known);
	assert_int_equal(user.uid, getuid());
	assert_int_equal(user.fsuid, geteuid());
	assert_int_equal(user.fsgid, getegid());
	jvm_close(&jvm);
}

static void sees_its_parent(void **state)
{
	struct jvm jvm;

	(void)state;
	assert_int_equal(jvm_open(&jvm, getppid(), getppid(), JVM_IS_PARENT), 0);
	jvm_close(&jvm);
	assert_int_equal(jvm_open(&jvm, getpid(), getpid(), JVM_IS_PARENT), -ESRCH);
	jvm_close(&jvm);
	assert_int_equal(jvm_open(&jvm, getppid(), getppid(), JVM_IS_PARENT), 0);
	assert_int_equal(jvm.pid, getppid());
	assert_false(jvm_has_ended(&jvm));
	assert_true(strchr("RSD", jvm_state(&jvm, jvm.pid)) != NULL);
	jvm_close(&jvm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_images_and_the_code_cache),
		cmocka_unit_test(survives_any_truncation),
		cmocka_unit_test(opens_the_file_that_is_mapped),
		cmocka_unit_test(knows_whose_it_is),
		cmocka_unit_test(sees_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
