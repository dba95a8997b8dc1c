// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.doctor;

import io.jmortem.proc.CurrentUser;
import io.jmortem.store.ReportStore;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a daemon watches this host. It does not read what is sent before it knows the sender. */
public final class DaemonCheck {

  /** Where agents find the daemon. */
  public static final String SOCKET = "/run/jmortem/daemon.sock";

  private DaemonCheck() {}

  /** Connects, which is answered by the kernel, and says nothing. */
  static Finding at(Path socket) {
    if (!Files.exists(socket)) {
      return Finding.ok("daemon", "none at " + socket + ": each JVM has a helper of its own");
    }
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      return Finding.ok(
          "daemon",
          "answers at "
              + socket
              + ": JVMs are watched from their first instructions, from outside their containers;"
              + " reports in "
              + ReportStore.OF_THE_DAEMON.resolve(Integer.toString(CurrentUser.id())));
    } catch (IOException e) {
      return Finding.less(
          "daemon",
          socket + " does not answer (" + e.getMessage() + "): each JVM has a helper of its own",
          "start the daemon: systemctl start jmortem, or sudo jmortem daemon");
    }
  }
}
