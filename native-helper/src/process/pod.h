/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POD_H
#define POD_H

#include <stdbool.h>

#define POD_LABEL_LEN 64 /* of Kubernetes' names, with the NUL */
#define POD_NAME_LEN 254
#define CONTAINER_ID_LEN 65

/*
 * The Kubernetes pod of a process, as its node knows it: without a question to any server. What is
 * unknown is empty, and never guessed.
 */
struct pod {
	char uid[37]; /* with dashes; a static pod's has none */
	char container_id[CONTAINER_ID_LEN];
	char namespace[POD_LABEL_LEN];
	char name[POD_NAME_LEN];
	char container[POD_LABEL_LEN];
};

/*
 * Finds uid and container in the path of a cgroup: of the cgroupfs and the systemd driver, for
 * containerd, CRI-O and Docker. False if it is not the cgroup of a pod.
 */
bool pod_of_cgroup(struct pod *pod, const char *path);

/*
 * Finds the names in the node's directories of logs, "pods" and "containers" in /var/log: by the
 * names of directories and links alone.
 */
void pod_find_names(struct pod *pod, int log_fd);

/* Whether these bytes are a name of Kubernetes' (RFC 1123): letters, digits, "-" and ".". */
bool pod_is_name(const char *name, unsigned long len);

/* Whether these bytes are the uid of a pod. */
bool pod_is_uid(const char *uid, unsigned long len);

#endif
