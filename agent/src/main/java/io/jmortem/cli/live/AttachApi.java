// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.live;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The VM's attach mechanism, through byte-buddy-agent. It uses the JDK's implementation if module
 * jdk.attach is present, otherwise its own one on JNA. Both send SIGQUIT to the process, and wait
 * for an answer without a limit. So the caller checks the process first, and sets a time limit.
 */
final class AttachApi implements AutoCloseable {

  private static final String BYTE_BUDDY = "net.bytebuddy.agent.";

  /** A JVM under load takes seconds to open its socket. */
  private static final int ATTEMPTS = 50;

  private static final long PAUSE_MILLIS = 200;

  private final Object machine;

  private AttachApi(Object machine) {
    this.machine = machine;
  }

  /**
   * Connects.
   *
   * @throws IOException with the mechanism's own message
   */
  static AttachApi attach(LiveProcess process, NativeLibraries libraries) throws IOException {
    String pid = Long.toString(process.pid());
    try {
      Class<?> jdk = jdkMachine(libraries.loader());
      boolean isIsolated = !process.sharesOurFiles() && process.vpid() == process.pid();
      // before JDK 21 it looks for the socket in the process's /tmp only if the pids differ
      if (jdk != null && !(isIsolated && Runtime.version().feature() < 21)) {
        return new AttachApi(jdk.getMethod("attach", String.class).invoke(null, pid));
      }
      if (process.vpid() != process.pid()) {
        throw new IOException(
            "a JVM in another pid namespace requires a JDK with module jdk.attach");
      }
      return new AttachApi(emulated(process, pid, libraries.loader()));
    } catch (InvocationTargetException e) {
      throw asIoException(e);
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new IOException(e.toString(), e);
    }
  }

  private static @Nullable Class<?> jdkMachine(ClassLoader loader)
      throws ReflectiveOperationException {
    Class<?> provider =
        Class.forName(
            BYTE_BUDDY + "ByteBuddyAgent$AttachmentProvider$ForModularizedVm", true, loader);
    Object accessor = provider.getMethod("attempt").invoke(provider.getField("INSTANCE").get(null));
    Class<?> type =
        Class.forName(BYTE_BUDDY + "ByteBuddyAgent$AttachmentProvider$Accessor", true, loader);
    boolean isThere = (Boolean) type.getMethod("isAvailable").invoke(accessor);
    return isThere ? (Class<?>) type.getMethod("getVirtualMachineType").invoke(accessor) : null;
  }

  private static Object emulated(LiveProcess process, String pid, ClassLoader loader)
      throws ReflectiveOperationException {
    String hotSpot = BYTE_BUDDY + "VirtualMachine$ForHotSpot";
    Object sockets =
        Class.forName(hotSpot + "$Connection$ForJnaPosixSocket$Factory", true, loader)
            .getConstructor(String.class, int.class, long.class, TimeUnit.class)
            .newInstance(
                process.root().resolve("tmp").toString(),
                ATTEMPTS,
                PAUSE_MILLIS,
                TimeUnit.MILLISECONDS);
    Class<?> factory = Class.forName(hotSpot + "$Connection$Factory", true, loader);
    return Class.forName(hotSpot, true, loader)
        .getMethod("attach", String.class, factory)
        .invoke(null, pid, sockets);
  }

  /** The VM's system properties: its version, and the agent's answer. */
  Properties properties() throws IOException {
    return (Properties) call("getSystemProperties", new Class<?>[0]);
  }

  /**
   * Loads an agent, and waits until its {@code agentmain} has returned.
   *
   * @param jar its path, as the VM sees it
   */
  void loadAgent(String jar, String options) throws IOException {
    call("loadAgent", new Class<?>[] {String.class, String.class}, jar, options);
  }

  @Override
  public void close() throws IOException {
    call("detach", new Class<?>[0]);
  }

  private Object call(String method, Class<?>[] types, Object... arguments) throws IOException {
    try {
      Class<?> type = machine.getClass();
      while (!Modifier.isPublic(type.getModifiers()) || type.getName().startsWith("sun.")) {
        type = type.getSuperclass(); // only com.sun.tools.attach.VirtualMachine is accessible
      }
      return type.getMethod(method, types).invoke(machine, arguments);
    } catch (InvocationTargetException e) {
      throw asIoException(e);
    } catch (ReflectiveOperationException e) {
      throw new IOException(e.toString(), e);
    }
  }

  private static IOException asIoException(InvocationTargetException e) {
    Throwable cause = e;
    for (Throwable next = e; next != null; next = next.getCause()) {
      cause = next;
    }
    return new IOException(
        cause.getMessage() == null ? cause.toString() : cause.getMessage(), cause);
  }
}
