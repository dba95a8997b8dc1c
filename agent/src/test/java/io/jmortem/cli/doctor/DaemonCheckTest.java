// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that is there, that was, and that never was. */
class DaemonCheckTest {

  @TempDir private Path dir;

  @Test
  void daemons() throws IOException {
    Path socket = dir.resolve("daemon.sock");
    assertFinding(Finding.State.OK, "none at " + socket, socket);
    try (ServerSocketChannel daemon = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      daemon.bind(UnixDomainSocketAddress.of(socket));
      assertFinding(Finding.State.OK, "answers at " + socket, socket);
    }
    assertFinding(Finding.State.LESS, socket + " does not answer", socket);
  }

  private static void assertFinding(Finding.State state, String found, Path socket) {
    Finding finding = DaemonCheck.at(socket);
    assertEquals("daemon", finding.check());
    assertEquals(state, finding.state());
    assertTrue(finding.found().startsWith(found), finding::found);
  }
}
