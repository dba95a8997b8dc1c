// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The daemon's worker is played by the test. */
@Timeout(120)
class DaemonSessionTest {

  private static final byte[] WORDS =
      "protocol=2\0tags=\u00e4:b\0\0".getBytes(StandardCharsets.UTF_8);

  /** Only ends a test that hangs. */
  private static final int HANGS_SECONDS = 60;

  private static final long LONG_MILLIS = 100_000;

  @TempDir private Path directory;
  private Path socket;
  private ServerSocketChannel server;

  private interface Part {
    void play(SocketChannel agent) throws IOException;
  }

  @BeforeEach
  void listen() throws IOException {
    socket = directory.resolve("daemon.sock");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private CompletableFuture<Void> play(Part part) {
    return CompletableFuture.runAsync(
        () -> {
          try (SocketChannel agent = server.accept()) {
            part.play(agent);
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static void end(CompletableFuture<Void> played)
      throws InterruptedException, ExecutionException, TimeoutException {
    played.get(HANGS_SECONDS, TimeUnit.SECONDS);
  }

  private static byte[] hear(SocketChannel agent, int length) throws IOException {
    ByteBuffer heard = ByteBuffer.allocate(length);
    while (heard.hasRemaining() && agent.read(heard) >= 0) {
      // more may come
    }
    return heard.array();
  }

  private static void say(SocketChannel agent, String words) throws IOException {
    agent.write(ByteBuffer.wrap(words.getBytes(StandardCharsets.UTF_8)));
  }

  /** Until the agent hangs up. */
  private static String hearAll(SocketChannel agent) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    ByteBuffer heard = ByteBuffer.allocate(8192);
    while (agent.read(heard.clear()) >= 0) {
      all.write(heard.array(), 0, heard.position());
    }
    return all.toString(StandardCharsets.UTF_8);
  }

  @Test
  void armed() throws Exception {
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    CompletableFuture<Void> daemon =
        play(
            agent -> {
              heard.writeBytes(hear(agent, WORDS.length));
              say(agent, "armed fu");
              say(agent, "ll 4711\n");
              assertEquals("", hearAll(agent));
            });
    try (DaemonSession session = DaemonSession.begin(socket, WORDS)) {
      HelperReply reply = session.reply();

      assertNotNull(reply);
      assertTrue(reply.isArmed());
      assertEquals("full", reply.level());
      assertTrue(session.isThere());
    }
    end(daemon);
    assertEquals(new String(WORDS, StandardCharsets.UTF_8), heard.toString(StandardCharsets.UTF_8));
  }

  @Test
  void refused() throws Exception {
    CompletableFuture<Void> daemon = play(agent -> say(agent, "failed quota no room\n"));
    try (DaemonSession session = DaemonSession.begin(socket, WORDS)) {
      HelperReply reply = session.reply();

      assertNotNull(reply);
      assertEquals(HelperReply.Refusal.QUOTA, reply.refusal());
    }
    end(daemon);
  }

  /** The daemon itself reads nothing: it may have hung up before the agent has said anything. */
  @Test
  void refusedUnheard() throws Exception {
    CompletableFuture<Void> daemon = play(agent -> say(agent, "failed process left out\n"));
    try (DaemonSession session = DaemonSession.begin(socket, new byte[1 << 20])) {
      HelperReply reply = session.reply();

      assertNotNull(reply);
      assertEquals("left out", reply.why());
    }
    end(daemon);
  }

  @Test
  void silent() throws Exception {
    CompletableFuture<Void> daemon = play(DaemonSessionTest::hearAll);
    long start = System.nanoTime();
    try (DaemonSession session = DaemonSession.begin(socket, WORDS)) {
      assertNull(session.reply());
      assertTrue(session.isThere());
    }
    assertTrue(System.nanoTime() - start >= 1_900_000_000L);
    end(daemon);
  }

  /** It does not even read: what a socket takes in is less than this. */
  @Test
  void deaf() throws Exception {
    CompletableFuture<Void> over = new CompletableFuture<>();
    CompletableFuture<Void> daemon = play(agent -> over.join());

    try (DaemonSession session = DaemonSession.begin(socket, new byte[4 << 20])) {
      assertNull(session.reply());
    }
    over.complete(null);
    end(daemon);
  }

  @Test
  void chatty() throws Exception {
    CompletableFuture<Void> daemon =
        play(
            agent -> {
              hear(agent, WORDS.length);
              say(agent, "x".repeat(100_000));
            });
    try (DaemonSession session = DaemonSession.begin(socket, WORDS)) {
      assertNull(session.reply());
    }
    end(daemon.exceptionally(e -> null)); // nobody listens to the rest
  }

  @Test
  void hangsUp() throws Exception {
    CompletableFuture<Void> daemon = play(agent -> hear(agent, WORDS.length));

    assertThrows(IOException.class, () -> DaemonSession.begin(socket, WORDS));
    end(daemon);
  }

  /** The file of a daemon that was killed is still there. */
  @Test
  void nobody() throws IOException {
    server.close();

    assertThrows(IOException.class, () -> DaemonSession.begin(socket, WORDS));
    assertThrows(IOException.class, () -> DaemonSession.begin(directory.resolve("another"), WORDS));
  }

  @Test
  void dies() throws Exception {
    CompletableFuture<Void> death = new CompletableFuture<>();
    CompletableFuture<Void> daemon =
        play(
            agent -> {
              hear(agent, WORDS.length);
              say(agent, "armed full 1\n");
              death.join();
            });
    ArmingRequest request = new ArmingRequest("");
    request.take();
    try (DaemonSession session = DaemonSession.begin(socket, WORDS)) {
      assertTrue(session.stays(50, request));
      death.completeAsync(() -> null, CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS));
      assertFalse(session.stays(LONG_MILLIS, request));
      assertFalse(session.isThere());
      assertThrows(IOException.class, session::endSnapshot);
    }
    end(daemon);
  }

  /** While it waits for the end, requests come, and interrupts by the application. */
  @Test
  void staysUntilARequest() throws Exception {
    CompletableFuture<Void> daemon =
        play(
            agent -> {
              hear(agent, WORDS.length);
              say(agent, "armed full 1\n");
              hearAll(agent);
            });
    ArmingRequest request = new ArmingRequest("");
    request.take();
    try (DaemonSession session = DaemonSession.begin(socket, WORDS)) {
      Thread.currentThread().interrupt();
      long start = System.nanoTime();
      assertTrue(session.stays(200, request));
      assertTrue(System.nanoTime() - start >= 190_000_000L);
      CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS)
          .execute(
              () -> {
                request.make("");
                session.wakeUp();
              });
      assertFalse(session.stays(LONG_MILLIS, request));
      assertTrue(session.isThere());
    }
    end(daemon);
  }

  @Test
  void snapshotInPieces() throws Exception {
    StringBuilder heard = new StringBuilder();
    CompletableFuture<Void> daemon =
        play(
            agent -> {
              hear(agent, WORDS.length);
              say(agent, "armed full 1\n");
              heard.append(hearAll(agent));
            });
    try (DaemonSession session = DaemonSession.begin(socket, WORDS)) {
      try (OutputStream out = session.beginSnapshot()) {
        out.write("first\n".getBytes(StandardCharsets.UTF_8));
        out.write('x');
        out.write(new byte[100_000]);
      }
      session.endSnapshot();
    }
    end(daemon);
    String pieces =
        heard.toString().replaceAll("\0{100,}", "0").replace("\n", ";").replace("first;", "first");
    assertEquals(
        "snapshot 7;firstxsnapshot 32768;0snapshot 32768;0snapshot 32768;0"
            + "snapshot 1696;0snapshot 0;",
        pieces);
  }

  /** A thread in a dump is longer than a piece, or the daemon is slow. */
  @Test
  void snapshotThatNobodyReads() throws Exception {
    CompletableFuture<Void> over = new CompletableFuture<>();
    CompletableFuture<Void> daemon =
        play(
            agent -> {
              hear(agent, WORDS.length);
              say(agent, "armed full 1\n");
              over.join();
            });
    try (DaemonSession session = DaemonSession.begin(socket, WORDS)) {
      OutputStream out = session.beginSnapshot();

      assertThrows(IOException.class, () -> out.write(new byte[4 << 20]));
      assertFalse(session.isThere());
    }
    over.complete(null);
    end(daemon);
  }
}
