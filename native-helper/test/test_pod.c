// SPDX-License-Identifier: Apache-2.0
#include "process/pod.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"

#define UID "0a1b2c3d-4e5f-4a6b-8c7d-0123456789ab"
#define UID_OF_SYSTEMD "0a1b2c3d_4e5f_4a6b_8c7d_0123456789ab"
#define OTHER "ffffffff-4e5f-4a6b-8c7d-0123456789ab"
#define HASH "0123456789abcdef0123456789abcdef" /* of a static pod */
#define ID HASH HASH
#define OTHER_ID "f" HASH "0123456789abcdef0123456789abcde"

/* A path of a cgroup, and what it tells; NULL: nothing. */
struct sample {
	const char *path, *uid, *id;
};

static const struct sample samples[] = {
	/* the cgroupfs driver: version 1 and 2 have the same path */
	{ "/kubepods/burstable/pod" UID "/" ID, UID, ID },
	{ "/kubepods/besteffort/pod" UID "/" ID, UID, ID },
	{ "/kubepods/pod" UID "/" ID, UID, ID },
	{ "/kubepods/burstable/pod" HASH "/" ID, HASH, ID },
	{ "/kubepods/burstable/pod" UID "/crio-" ID, UID, ID },
	/* the systemd driver: containerd, CRI-O, Docker */
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_OF_SYSTEMD
	  ".slice/cri-containerd-" ID ".scope",
	  UID, ID },
	{ "/kubepods.slice/kubepods-pod" UID_OF_SYSTEMD ".slice/crio-" ID ".scope", UID, ID },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_OF_SYSTEMD
	  ".slice/docker-" ID ".scope",
	  UID, ID },
	{ "/kubepods.slice/kubepods-pod" HASH ".slice/crio-" ID ".scope/container", HASH, ID },
	/* containerd that does not know of the driver */
	{ "/system.slice/containerd.service/kubepods-burstable-pod" UID_OF_SYSTEMD
	  ".slice:cri-containerd:" ID,
	  UID, ID },
	/* a node that is a container itself */
	{ "/docker/" OTHER_ID "/kubelet/kubepods/burstable/pod" UID "/" ID, UID, ID },
	{ "/docker/" OTHER_ID
	  "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
	  "kubelet-kubepods-burstable-pod" UID_OF_SYSTEMD ".slice/cri-containerd-" ID ".scope",
	  UID, ID },
	/* without the container, or with a name that is none of ours */
	{ "/kubepods/burstable/pod" UID, UID, "" },
	{ "/kubepods/burstable/pod" UID "/sandbox", UID, "" },
	/* what a container makes below its own cgroup tells nothing */
	{ "/kubepods/burstable/pod" UID "/" ID "/kubepods/pod" OTHER "/" OTHER_ID, UID, ID },
	{ "/kubepods.slice/kubepods-pod" UID_OF_SYSTEMD ".slice/crio-" ID
	  ".scope/kubepods-podffffffff_4e5f_4a6b_8c7d_0123456789ab.slice/" OTHER_ID,
	  UID, ID },
	/* no pods */
	{ "/docker/" ID, NULL, NULL },
	{ "/system.slice/docker-" ID ".scope", NULL, NULL },
	{ "/machine.slice/libpod-" ID ".scope/container", NULL, NULL },
	{ "/libpod_parent/libpod-" ID, NULL, NULL },
	{ "/user.slice/user-1000.slice/user@1000.service/kubepods/pod" UID "/" ID, NULL, NULL },
	{ "/pod" UID "/" ID, NULL, NULL },
	{ "/kubepods/pod" UID "0/" ID, NULL, NULL },
	{ "/kubepods/pod0a1b2c3d-4e5f-4a6b-8c7d-0123456789ag/" ID, NULL, NULL },
	{ "/kubepods/pod" UID_OF_SYSTEMD "x/" ID, NULL, NULL },
	{ "/mykubepods-pod" UID_OF_SYSTEMD ".slice/" ID, NULL, NULL },
	{ "/kubepods-pod.slice", NULL, NULL },
	{ ".slice/kubepods-pod", NULL, NULL },
	{ "/system.slice/tomcat.service", NULL, NULL },
	{ "/", NULL, NULL },
	{ "", NULL, NULL },
};

static void finds_pod_and_container_in_the_cgroup(void **state)
{
	struct pod pod;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		bool is = pod_of_cgroup(&pod, samples[i].path);

		if (is != (samples[i].uid != NULL))
			print_message("%s\n", samples[i].path);
		assert_int_equal(is, samples[i].uid != NULL);
		assert_string_equal(pod.uid, is ? samples[i].uid : "");
		assert_string_equal(pod.container_id, is ? samples[i].id : "");
	}
}

static void a_very_deep_path_is_no_pod(void **state)
{
	char path[4096] = "";
	struct pod pod;

	(void)state;
	for (size_t i = 0; i < 64; i++)
		(void)snprintf(path + 7 * i, sizeof(path) - 7 * i, "/deeper");
	(void)snprintf(path + 7 * 64UL, sizeof(path) - 7 * 64UL, "/kubepods/pod" UID);
	assert_false(pod_of_cgroup(&pod, path));
}

static void make(const char *path)
{
	assert_int_equal(mkdirat(dir, path, 0755), 0);
}

static void link_to(const char *target, const char *path)
{
	assert_int_equal(symlinkat(target, dir, path), 0);
}

static struct pod find(void)
{
	struct pod pod;

	assert_true(pod_of_cgroup(&pod, "/kubepods/pod" UID "/" ID));
	pod_find_names(&pod, dir);
	return pod;
}

static void assert_found(const char *namespace, const char *name, const char *container)
{
	struct pod pod = find();

	assert_string_equal(pod.namespace, namespace);
	assert_string_equal(pod.name, name);
	assert_string_equal(pod.container, container);
}

static void make_pod(void)
{
	make("pods");
	make("pods/kube-system_dns-5d78c_" OTHER);
	make("pods/shop_web-7d4b9c-x2x4z_" UID);
	make("pods/shop_web-7d4b9c-x2x4z_" UID "/app");
}

static void the_only_container_of_a_pod(void **state)
{
	(void)state;
	make_pod();
	assert_found("shop", "web-7d4b9c-x2x4z", "app");
}

static void of_two_containers_none_is_guessed(void **state)
{
	(void)state;
	make_pod();
	make("pods/shop_web-7d4b9c-x2x4z_" UID "/sidecar");
	assert_found("shop", "web-7d4b9c-x2x4z", "");
}

static void the_kubelets_link_tells_the_container(void **state)
{
	(void)state;
	make_pod();
	make("pods/shop_web-7d4b9c-x2x4z_" UID "/sidecar");
	make("containers");
	link_to("x", "containers/web-7d4b9c-x2x4z_shop_sidecar-" OTHER_ID ".log");
	link_to("x", "containers/web_shop_other-" ID ".log"); /* of another pod */
	link_to("x", "containers/web-7d4b9c-x2x4z_shop_app-" ID ".log");
	assert_found("shop", "web-7d4b9c-x2x4z", "app");
}

static void dockers_log_tells_the_container(void **state)
{
	(void)state;
	make_pod();
	make("pods/shop_web-7d4b9c-x2x4z_" UID "/sidecar");
	link_to("/var/lib/docker/containers/" OTHER_ID "/" OTHER_ID "-json.log",
		"pods/shop_web-7d4b9c-x2x4z_" UID "/app/0.log");
	link_to("/var/lib/docker/containers/" ID "/" ID "-json.log",
		"pods/shop_web-7d4b9c-x2x4z_" UID "/sidecar/0.log");
	assert_found("shop", "web-7d4b9c-x2x4z", "sidecar");
}

static void what_is_not_there_is_unknown(void **state)
{
	(void)state;
	assert_found("", "", "");
	make("pods");
	make("pods/_web_" UID);
	make("pods/shop_we b_" UID);
	make("pods/shop_web_x_" UID);
	make("pods/" UID);
	link_to("/", "pods/shop_web_" UID);
	assert_found("shop", "web", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_pod_and_container_in_the_cgroup),
		cmocka_unit_test(a_very_deep_path_is_no_pod),
		cmocka_unit_test_setup_teardown(the_only_container_of_a_pod, set_up_place,
						tear_down_place),
		cmocka_unit_test_setup_teardown(of_two_containers_none_is_guessed, set_up_place,
						tear_down_place),
		cmocka_unit_test_setup_teardown(the_kubelets_link_tells_the_container, set_up_place,
						tear_down_place),
		cmocka_unit_test_setup_teardown(dockers_log_tells_the_container, set_up_place,
						tear_down_place),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_unknown, set_up_place,
						tear_down_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
