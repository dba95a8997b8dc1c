// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.proc.ContainerId;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Container and pod of the process, by OpenTelemetry's names. What is unknown is left out. */
final class PodFacts {

  /**
   * The kubelet mounts a container's termination message from its own directory of the pod. In a
   * container, this is all that tells the pod.
   */
  private static final Pattern MOUNT =
      Pattern.compile(
          "\\S*/pods/(?<uid>[\\da-f-]{32,36})/containers/(?<container>[a-z\\d-]{1,63})/\\p{XDigit}+"
              + " /dev/termination-log ");

  private PodFacts() {}

  static void addTo(Map<String, Object> resource, Evidence evidence) {
    String mountinfo = evidence.procFile("mountinfo").orElse("");
    Optional<Event.Pod> pod = evidence.last(Event.Pod.class);
    Matcher mount = MOUNT.matcher(mountinfo);
    boolean isMounted =
        mount.find() && pod.map(found -> found.uid().equals(mount.group("uid"))).orElse(true);
    pod.map(Event.Pod::containerId)
        .or(() -> ContainerId.find(evidence.procFile("cgroup").orElse(""), mountinfo))
        .ifPresent(id -> resource.put("container.id", id));
    put(resource, "k8s.namespace.name", pod.map(Event.Pod::namespace).orElse(null));
    put(resource, "k8s.pod.name", pod.map(Event.Pod::name).orElse(null));
    put(
        resource,
        "k8s.pod.uid",
        pod.map(Event.Pod::uid).orElseGet(() -> isMounted ? mount.group("uid") : null));
    put(
        resource,
        "k8s.container.name",
        pod.map(Event.Pod::container).orElseGet(() -> isMounted ? mount.group("container") : null));
  }

  private static void put(Map<String, Object> resource, String key, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      resource.put(key, value);
    }
  }
}
