// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jmortem.evidence.Evidence;
import io.jmortem.evidence.EvidenceReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PodFactsTest {

  private static final String UID = "0a1b2c3d-4e5f-4a6b-8c7d-0123456789ab";
  private static final String ID = "0123456789abcdef".repeat(4);

  private static final String POD =
      """
      {"id":"e1","event":"pod","timeUnixNano":"1","uid":"%s","container_id":"%s",\
      "namespace":"shop","name":"web-0"%s}
      """;

  private static String mount(String uid, String container) {
    return "{\"id\":\"e2\",\"event\":\"proc_file\",\"timeUnixNano\":\"1\",\"name\":\"mountinfo\","
        + "\"text\":\"1 2 8:1 /var/lib/kubelet/pods/"
        + uid
        + "/containers/"
        + container
        + "/1a2b3c4d /dev/termination-log rw - ext4 /dev/sda rw\\n\"}\n";
  }

  private static Map<String, Object> facts(String evidence) throws IOException {
    Evidence read =
        new EvidenceReader(false)
            .read(new ByteArrayInputStream(evidence.getBytes(StandardCharsets.UTF_8)));
    Map<String, Object> resource = new LinkedHashMap<>();
    PodFacts.addTo(resource, read);
    return resource;
  }

  @Test
  void asTheNodeKnowsIt() throws IOException {
    assertEquals(
        Map.of(
            "container.id", ID,
            "k8s.namespace.name", "shop",
            "k8s.pod.name", "web-0",
            "k8s.pod.uid", UID,
            "k8s.container.name", "app"),
        facts(POD.formatted(UID, ID, ",\"container\":\"app\"")));
  }

  /** The kubelet's mount names the container, too, and is all that a container sees. */
  @Test
  void byTheMountOfTheTerminationMessage() throws IOException {
    assertEquals(Map.of("k8s.pod.uid", UID, "k8s.container.name", "app"), facts(mount(UID, "app")));
    assertEquals(
        "app", facts(POD.formatted(UID, ID, "") + mount(UID, "app")).get("k8s.container.name"));
  }

  /** Root of a container may mount what it wants. */
  @Test
  void ofAnotherPodTheMountIsIgnored() throws IOException {
    Map<String, Object> facts =
        facts(POD.formatted(UID, ID, "") + mount("f" + UID.substring(1), "app"));

    assertEquals(UID, facts.get("k8s.pod.uid"));
    assertEquals(null, facts.get("k8s.container.name"));
  }

  @Test
  void whereThereIsNoPod() throws IOException {
    assertEquals(Map.of(), facts(""));
  }
}
