// SPDX-License-Identifier: Apache-2.0
#include "daemon/main_class.h"

#include "place.h"

/* arguments are separated by blanks here */
static const char *class_of(const char *arguments)
{
	static char name[64];
	char line[256];
	size_t len = strlen(arguments) + 1;
	int fd = openat(dir, "cmdline", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	memcpy(line, arguments, len);
	for (char *c = line; *c; c++)
		if (*c == ' ')
			*c = '\0';
	assert_true(fd >= 0);
	assert_int_equal(text_write(fd, line, len), 0);
	close(fd);
	main_class(dir, name, sizeof(name));
	return name;
}

static void finds_what_the_launcher_runs(void **state)
{
	(void)state;
	assert_string_equal(class_of("java Shop"), "Shop");
	assert_string_equal(class_of("/opt/jdk/bin/java -Xmx1g -cp a:b com.example.Shop --port 1"),
			    "com.example.Shop");
	assert_string_equal(class_of("java -jar /srv/shop.jar -x"), "shop.jar");
	assert_string_equal(class_of("java -p mods -m shop/com.example.Shop"), "com.example.Shop");
	assert_string_equal(class_of("java --add-opens java.base/x=y --class-path=x Shop"), "Shop");
}

static void names_other_programs(void **state)
{
	(void)state;
	assert_string_equal(class_of("/usr/sbin/jsvc -cp x Shop"), "jsvc");
	assert_string_equal(class_of("java"), "java");
	assert_string_equal(class_of("java -jar"), "java");
	assert_string_equal(class_of("java -cp"), "java");
	assert_string_equal(class_of(""), "");
}

/* The name goes into a file of lines, and to a terminal. */
static void a_name_is_one_line(void **state)
{
	(void)state;
	assert_null(strchr(class_of("java a\nb\x1b[m"), '\n'));
	assert_null(strchr(class_of("java a\nb\x1b[m"), '\x1b'));
	unlinkat(dir, "cmdline", 0);
	char name[8] = "x";

	main_class(dir, name, sizeof(name));
	assert_string_equal(name, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_the_launcher_runs),
		cmocka_unit_test(names_other_programs),
		cmocka_unit_test(a_name_is_one_line),
	};

	return cmocka_run_group_tests(tests, set_up_place, tear_down_place);
}
