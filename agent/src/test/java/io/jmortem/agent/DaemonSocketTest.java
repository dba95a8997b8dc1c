// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DaemonSocketTest {

  @TempDir private Path temporary;
  private Path directory;
  private Path socket;
  private ServerSocketChannel server;

  @BeforeEach
  void listen() throws IOException {
    directory = Files.createDirectory(temporary.toRealPath().resolve("run"));
    socket = directory.resolve("daemon.sock");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    mode(socket, "rwxrwxrwx"); // whoever may write to a socket may connect
    mode(directory, "rwxr-xr-x");
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private static void mode(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private static String distrust(Path path) {
    return String.valueOf(
        assertThrows(
                DaemonSocket.NotTrustedException.class, () -> DaemonSocket.find(path.toString()))
            .getMessage());
  }

  @Test
  void isFound() throws IOException {
    assertEquals(socket, DaemonSocket.find(socket.toString()));
  }

  @Test
  void isNotThere() throws IOException {
    assertNull(DaemonSocket.find("off"));
    assertNull(DaemonSocket.find(directory.resolve("another").toString()));
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("another"));
    assertNull(DaemonSocket.find(link.toString()));
  }

  /** Wherever a link leads: what counts is where it leads to, and that is what is connected to. */
  @Test
  void throughALink() throws IOException {
    Path open = Files.createDirectory(temporary.resolve("open"));
    mode(open, "rwxrwxrwx");
    Path link = Files.createSymbolicLink(open.resolve("link"), socket);

    assertEquals(socket, DaemonSocket.find(link.toString()));
  }

  @Test
  void othersCouldReplaceIt() throws IOException {
    mode(directory, "rwxrwxr-x");
    assertEquals(directory + " can be written by others", distrust(socket));
    mode(directory, "rwxr-xrwx");
    assertEquals(directory + " can be written by others", distrust(socket));
  }

  @Test
  void othersHaveMadeIt() throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"));
    Files.setAttribute(socket, "unix:uid", 4711);
    assertEquals(socket + " belongs to another user (4711)", distrust(socket));
    Files.setAttribute(socket, "unix:uid", 0);
    Files.setAttribute(directory, "unix:uid", 65534);
    assertTrue(distrust(socket).contains("another user (65534)"), "this is the host");
  }
}
