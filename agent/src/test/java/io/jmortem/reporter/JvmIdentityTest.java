// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same across restarts, and different for what is restarted by itself. */
class JvmIdentityTest {

  private static final String CONTAINER = "0123456789abcdef".repeat(4);

  @ParameterizedTest
  @CsvSource({
    "0::/system.slice/shop.service,shop.service",
    "0::/system.slice/system-shop.slice/shop@1.service,shop@1.service",
    "0::/system.slice/shop.service/worker,shop.service",
    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/shop.service,shop.service",
    "0::/user.slice/user-1000.slice/user@1000.service/session.slice,''",
    "0::/user.slice/user-1000.slice/session-3.scope,''",
    "0::/system.slice/docker-CONTAINER.scope,''",
    "0::/docker/CONTAINER,''",
    "0::/,''",
    "'',''",
    "0::/kubepods.slice/kubepods-burstable.slice/"
        + "kubepods-burstable-pod7f3d6c1e_0b5a_4c0e_9a53_1f2e3d4c5b6a.slice/"
        + "cri-containerd-CONTAINER.scope,pod/7f3d6c1e-0b5a-4c0e-9a53-1f2e3d4c5b6a",
    "4:memory:/kubepods/besteffort/pod7f3d6c1e-0b5a-4c0e-9a53-1f2e3d4c5b6a/CONTAINER,"
        + "pod/7f3d6c1e-0b5a-4c0e-9a53-1f2e3d4c5b6a",
    "0::/kubelet.slice/podaf3cfc6a3c1b4f3b8d5d0c9e7a1b2c3d/CONTAINER,"
        + "pod/af3cfc6a3c1b4f3b8d5d0c9e7a1b2c3d",
    "0::/machine.slice/libpod-CONTAINER.scope/container,''"
  })
  void place(String cgroup, String place) {
    assertEquals(place, JvmIdentity.place(cgroup.replace("CONTAINER", CONTAINER)));
  }

  @ParameterizedTest
  @CsvSource({"'12:pids:/a\n1:name=systemd:/system.slice/shop.service\n',shop.service"})
  void oldHierarchy(String cgroup, String place) {
    assertEquals(place, JvmIdentity.place(cgroup));
  }
}
