// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Listens where the daemon would, gives each agent the same answer, and keeps what it hears. */
final class PlayedDaemon implements AutoCloseable {

  private static final String END = "\0\0";

  /** One connection. */
  private static final class Agent {
    private final SocketChannel channel;
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();

    Agent(SocketChannel channel) {
      this.channel = channel;
    }

    synchronized void note(byte[] bytes, int length) {
      heard.write(bytes, 0, length);
    }

    synchronized String heard() {
      return heard.toString(StandardCharsets.UTF_8);
    }
  }

  private final Path socket = Tests.newDirectory().resolve("daemon.sock");
  private final String answer;
  private final List<Agent> agents = new CopyOnWriteArrayList<>();
  private final ServerSocketChannel server;

  /**
   * @param answer a line; empty for none
   */
  PlayedDaemon(String answer) {
    this.answer = answer;
    try {
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept);
  }

  private static void start(Runnable body) {
    Thread thread = new Thread(body, "played daemon");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Agent agent = new Agent(server.accept());
        agents.add(agent);
        start(() -> hear(agent));
      }
    } catch (IOException e) {
      // it is closed
    }
  }

  private void hear(Agent agent) {
    byte[] bytes = new byte[8192];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    boolean isAnswered = answer.isEmpty();
    try {
      while (agent.channel.read(buffer.clear()) >= 0) {
        agent.note(bytes, buffer.position());
        if (!isAnswered && agent.heard().contains(END)) {
          agent.channel.write(ByteBuffer.wrap((answer + "\n").getBytes(StandardCharsets.UTF_8)));
          isAnswered = true;
        }
      }
    } catch (IOException e) {
      // it has gone
    }
  }

  Path socket() {
    return socket;
  }

  /** How many agents have connected so far. */
  int count() {
    return agents.size();
  }

  /** What an agent has said, once these words are among it. */
  String await(int number, String words) {
    Tests.await(
        words + " from " + number + " of " + count(),
        () -> count() > number && agents.get(number).heard().contains(words));
    return agents.get(number).heard();
  }

  /** Ends all connections; new ones are accepted. */
  void hangUp() {
    for (Agent agent : agents) {
      try {
        agent.channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    hangUp();
  }
}
