// SPDX-License-Identifier: Apache-2.0
#include "base/log_line.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

/* A test's own lines go to the pipe too: nothing but log_line() may say anything here. */
static void say(void *context)
{
	log_line("%s", (const char *)context);
}

static void is_one_line_with_a_prefix(void **state)
{
	char heard[4096];

	(void)state;
	(void)hear_child(STDERR_FILENO, say, "no report", heard, sizeof(heard));
	assert_string_equal(heard, "jmortem: no report\n");
	(void)hear_child(STDERR_FILENO, say, "", heard, sizeof(heard));
	assert_string_equal(heard, "jmortem: \n");
}

/* A directory's name may hold anything; and a terminal obeys it. */
static void makes_foreign_text_harmless(void **state)
{
	char heard[4096];

	(void)state;
	(void)hear_child(STDERR_FILENO, say, "a\njmortem: b\x1b]0;c\x07\r\xff", heard,
			 sizeof(heard));
	assert_string_equal(heard, "jmortem: a?jmortem: b?]0;c???\n");
}

/* However long the text is, the line has its end, and no half of a character before it. */
static void cuts_off_what_is_too_long(void **state)
{
	char much[1100], heard[4096];

	(void)state;
	for (size_t before = 990; before < 1040; before++) {
		size_t len;

		memset(much, 'x', before);
		(void)snprintf(much + before, 16, "\xe2\x82\xac\xe2\x82\xac");
		len = hear_child(STDERR_FILENO, say, much, heard, sizeof(heard));
		assert_true(len > 990 && len < 1024);
		assert_ptr_equal(memchr(heard, '\n', len), heard + len - 1);
		for (size_t at = 0; at < len; at += text_utf8_length(heard + at, len - at))
			assert_true(text_utf8_length(heard + at, len - at) > 0);
	}
}

/* Nobody reads: a process that holds the JVM must not wait for it. */
static void say_into_a_full_pipe(void *context)
{
	char page[4096] = {};
	int ends[2];

	(void)context;
	CHILD_ASSERT(pipe2(ends, O_NONBLOCK) == 0);
	while (write(ends[1], page, sizeof(page)) > 0)
		;
	CHILD_ASSERT(errno == EAGAIN);
	CHILD_ASSERT(fcntl(ends[1], F_SETFL, 0) == 0);
	CHILD_ASSERT(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	(void)alarm(60); /* ends the child where log_line() blocks */
	log_line("not to be waited for");
}

static void does_not_wait_for_a_reader(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(say_into_a_full_pipe, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_one_line_with_a_prefix),
		cmocka_unit_test(makes_foreign_text_harmless),
		cmocka_unit_test(cuts_off_what_is_too_long),
		cmocka_unit_test(does_not_wait_for_a_reader),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
