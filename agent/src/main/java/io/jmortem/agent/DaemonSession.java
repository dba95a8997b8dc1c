// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The connection to the daemon's worker that watches this JVM. It ends when that worker does.
 *
 * <p>The channel never blocks, and the thread waits in a selector: an interrupt by the application
 * would close a channel that blocks.
 */
final class DaemonSession implements Watcher, AutoCloseable {

  /** The worker accepts at most this. */
  static final int MAX_SNAPSHOT = 4 << 20;

  /** The worker accepts at most 64 KiB. */
  private static final int PIECE = 32 << 10;

  /** For the connection and the answer, and for each piece of a snapshot. */
  private static final long PATIENCE_MILLIS = 2000;

  private static final long CROWD_PAUSE_NANOS = 20_000_000;

  /** Longer than any answer. */
  private static final int MAX_ANSWER = 8192;

  private final SocketChannel channel;
  private final Selector selector;
  private final ByteBuffer heard = ByteBuffer.allocate(MAX_ANSWER);
  private boolean isOpen = true;
  private @Nullable HelperReply reply;

  private DaemonSession(SocketChannel channel, Selector selector) {
    this.channel = channel;
    this.selector = selector;
  }

  /**
   * Connects to the daemon, which knows by itself who we are, and asks it to watch this JVM.
   *
   * @throws DaemonSocket.NotTrustedException if somebody listens who must not
   * @throws IOException if nobody listens, or hangs up
   */
  static DaemonSession begin(Path socket, byte[] configuration) throws IOException {
    long end = deadline(PATIENCE_MILLIS);
    while (true) {
      try {
        return beginOnce(socket, configuration);
      } catch (IOException e) {
        // the daemon takes so many connections at a time; EAGAIN has no exception of its own
        boolean isCrowded = String.valueOf(e.getMessage()).contains("temporarily unavailable");
        if (!isCrowded || System.nanoTime() - end >= 0) {
          throw e;
        }
        LockSupport.parkNanos(CROWD_PAUSE_NANOS);
      }
    }
  }

  private static DaemonSession beginOnce(Path socket, byte[] configuration) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    DaemonSession session = null;
    try {
      channel.configureBlocking(false);
      session = new DaemonSession(channel, Selector.open());
      session.connect(socket);
      checkListener(channel, socket);
      session.ask(configuration);
      return session;
    } catch (IOException | RuntimeException e) {
      if (session == null) {
        channel.close();
      } else {
        session.close();
      }
      throw e;
    }
  }

  private void connect(Path socket) throws IOException {
    long end = deadline(PATIENCE_MILLIS);
    boolean isConnected = channel.connect(UnixDomainSocketAddress.of(socket));
    channel.register(selector, SelectionKey.OP_CONNECT);
    while (!isConnected) {
      await(SelectionKey.OP_CONNECT, end);
      isConnected = channel.finishConnect();
    }
  }

  /**
   * The peer must be whom the file belongs to, as the kernel says. The option is that of a module
   * which a small runtime image may lack; then only the file's owner is known, and those of the
   * directories.
   */
  private static void checkListener(SocketChannel channel, Path socket) throws IOException {
    UserPrincipal peer = peer(channel);
    if (peer != null && !peer.equals(Files.getOwner(socket))) {
      throw new DaemonSocket.NotTrustedException(peer.getName() + " listens on " + socket);
    }
  }

  private static @Nullable UserPrincipal peer(SocketChannel channel) throws IOException {
    for (SocketOption<?> each : channel.supportedOptions()) {
      if (each.name().equals("SO_PEERCRED")) {
        Object credentials = channel.getOption(each);
        try {
          return (UserPrincipal) credentials.getClass().getMethod("user").invoke(credentials);
        } catch (ReflectiveOperationException | ClassCastException e) {
          return null; // this JDK has other internals
        }
      }
    }
    return null;
  }

  /** Leaves the answer at null if there is none in time. */
  private void ask(byte[] configuration) throws IOException {
    long end = deadline(PATIENCE_MILLIS);
    try {
      write(ByteBuffer.wrap(configuration), end);
    } catch (IOException e) {
      // the daemon refuses before it reads: its answer is there
    }
    while (heard.hasRemaining() && select(SelectionKey.OP_READ, end)) {
      if (channel.read(heard) < 0) {
        throw new EOFException();
      }
      if (heard.position() > 0 && heard.get(heard.position() - 1) == '\n') {
        reply =
            HelperReply.parse(
                new String(heard.array(), 0, heard.position() - 1, StandardCharsets.UTF_8));
        return;
      }
    }
  }

  /** Null if there was no answer in time. */
  @Nullable HelperReply reply() {
    return reply;
  }

  private static long deadline(long millis) {
    return System.nanoTime() + millis * 1_000_000;
  }

  private void write(ByteBuffer bytes, long end) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        await(SelectionKey.OP_WRITE, end);
      }
    }
  }

  private void await(int operation, long end) throws IOException {
    if (!select(operation, end)) {
      throw new IOException("the daemon is silent");
    }
  }

  /** Waits for the channel; something else may end it early. Returns false at the end of time. */
  private boolean select(int operation, long end) throws IOException {
    long rest = (end - System.nanoTime()) / 1_000_000;
    if (rest <= 0) {
      return false;
    }
    Thread.interrupted(); // or it would not wait
    for (SelectionKey key : selector.keys()) {
      key.interestOps(operation);
    }
    selector.select(rest);
    selector.selectedKeys().clear();
    return true;
  }

  /** Lets {@link #stays} look at the request. For other threads. */
  void wakeUp() {
    selector.wakeup();
  }

  @Override
  public boolean stays(long millis, ArmingRequest request) {
    long end = deadline(millis);
    try {
      while (isThere() && !request.isMade() && select(SelectionKey.OP_READ, end)) {
        // it says nothing more: what there is to read is its end
      }
    } catch (IOException e) {
      isOpen = false;
    }
    return isOpen && !request.isMade();
  }

  @Override
  public boolean isThere() {
    try {
      isOpen = isOpen && channel.read(heard.clear()) >= 0;
    } catch (IOException e) {
      isOpen = false;
    }
    return isOpen;
  }

  @Override
  public long mostSnapshot() {
    return MAX_SNAPSHOT;
  }

  @Override
  public OutputStream beginSnapshot() {
    return new BufferedOutputStream(new Pieces(), PIECE);
  }

  /** Sends what it gets in pieces, before each of which its length stands. */
  private final class Pieces extends OutputStream {
    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      for (int at = from, end = from + length; at < end; at += PIECE) {
        int size = Math.min(PIECE, end - at);
        send(size, ByteBuffer.wrap(bytes, at, size));
      }
    }
  }

  @Override
  public void endSnapshot() throws IOException {
    send(0, ByteBuffer.allocate(0));
  }

  private void send(int size, ByteBuffer bytes) throws IOException {
    try {
      long end = deadline(PATIENCE_MILLIS);
      write(ByteBuffer.wrap(("snapshot " + size + "\n").getBytes(StandardCharsets.US_ASCII)), end);
      write(bytes, end);
    } catch (IOException e) {
      isOpen = false;
      throw e;
    }
  }

  @Override
  public void close() {
    isOpen = false;
    try (selector) {
      channel.close();
    } catch (IOException e) {
      // it is closed as far as that is possible
    }
  }
}
