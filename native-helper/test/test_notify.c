// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "place.h"

static int bound_to(const char *path, socklen_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, path, len);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	return fd;
}

static void assert_told(int fd)
{
	char got[32];

	assert_int_equal(read(fd, got, sizeof(got)), 7);
	assert_memory_equal(got, "READY=1", 7);
	close(fd);
}

static void tells_a_socket_with_a_path(void **state)
{
	char path[96];
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/notify", place);
	fd = bound_to(path, (socklen_t)strlen(path));
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	notify_service_manager("READY=1");
	assert_told(fd);
}

static void tells_an_abstract_socket(void **state)
{
	char name[96];
	int fd;

	(void)state;
	(void)snprintf(name, sizeof(name), "@jmortem-test-%d", getpid());
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	*name = '\0';
	fd = bound_to(name, (socklen_t)strlen(name + 1) + 1);
	notify_service_manager("READY=1");
	assert_told(fd);
}

static void tells_nobody_without_harm(void **state)
{
	static const char *const names[] = { "", "/", "relative", "/nowhere/at/all" };
	int before = count_descriptors();

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(setenv("NOTIFY_SOCKET", names[i], 1), 0);
		notify_service_manager("READY=1");
	}
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	notify_service_manager("READY=1");
	assert_int_equal(count_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_a_socket_with_a_path),
		cmocka_unit_test(tells_an_abstract_socket),
		cmocka_unit_test(tells_nobody_without_harm),
	};

	return cmocka_run_group_tests(tests, set_up_place, tear_down_place);
}
