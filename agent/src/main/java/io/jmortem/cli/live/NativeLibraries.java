// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.live;

import io.jmortem.agent.PrivateDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * JNA and byte-buddy-agent, as jars inside our jar: their native parts can't be relocated, and must
 * not be on the class path of every JVM with the agent. {@link #close} removes the unpacked files.
 */
public final class NativeLibraries implements AutoCloseable {

  private static final List<String> JARS =
      List.of("/io/jmortem/agent/jna.jar", "/io/jmortem/cli/byte-buddy-agent.jar");

  /** asm-generic/fcntl.h. */
  private static final int F_SETFD = 2;

  private static final int FD_CLOEXEC = 1;

  /** Where pw_uid is in struct passwd (pwd.h): behind two pointers. */
  private static final long PW_UID = 16;

  private final Path directory;
  private final URLClassLoader loader;

  private NativeLibraries(Path directory, URLClassLoader loader) {
    this.directory = directory;
    this.loader = loader;
  }

  /**
   * Unpacks the libraries.
   *
   * @param place a directory from which files can be executed
   * @throws IOException if they can't be unpacked
   */
  public static NativeLibraries open(Path place) throws IOException {
    Path directory = PrivateDirectory.create(place, "jmortem-native-");
    List<URL> urls = new ArrayList<>();
    for (String jar : JARS) {
      Path file = directory.resolve(jar.substring(jar.lastIndexOf('/') + 1));
      try (InputStream stream = NativeLibraries.class.getResourceAsStream(jar)) {
        if (stream == null) {
          throw new IOException(jar + " is missing in the jar");
        }
        Files.copy(stream, file);
      }
      urls.add(file.toUri().toURL());
    }
    System.setProperty("jna.tmpdir", directory.toString());
    System.setProperty("jna.nosys", "true");
    System.setProperty(
        "jna.encoding", StandardCharsets.ISO_8859_1.name()); // one character per byte
    URLClassLoader loader =
        new URLClassLoader(
            urls.toArray(new URL[0]), ClassLoader.getSystemClassLoader().getParent());
    NativeLibraries libraries = new NativeLibraries(directory, loader);
    Runtime.getRuntime().addShutdownHook(new Thread(libraries::removeQuietly)); // Ctrl-C
    return libraries;
  }

  ClassLoader loader() {
    return loader;
  }

  /** A function of the C library that this process uses. */
  private Object function(String name) throws ReflectiveOperationException {
    return Class.forName("com.sun.jna.Function", true, loader)
        .getMethod("getFunction", String.class, String.class)
        .invoke(null, "c", name);
  }

  private static int call(Object function, Object... arguments)
      throws ReflectiveOperationException {
    return (Integer)
        function
            .getClass()
            .getMethod("invokeInt", Object[].class)
            .invoke(function, (Object) arguments);
  }

  /**
   * The uid of a user, from wherever this system knows its users.
   *
   * @return empty if there is no user of that name
   * @throws IOException if the C library can't be asked
   */
  public OptionalLong uid(String user) throws IOException {
    try {
      Object getpwnam = function("getpwnam");
      Object entry =
          getpwnam
              .getClass()
              .getMethod("invokePointer", Object[].class)
              .invoke(getpwnam, (Object) new Object[] {user});
      if (entry == null) {
        return OptionalLong.empty();
      }
      Object uid = entry.getClass().getMethod("getInt", long.class).invoke(entry, PW_UID);
      return OptionalLong.of(Integer.toUnsignedLong((Integer) uid));
    } catch (ReflectiveOperationException | LinkageError e) {
      throw unusable(e);
    }
  }

  /**
   * Replaces this process by another program: execv(3), with this environment. It returns only on
   * failure.
   *
   * @param program its path in Latin 1, one character per byte
   * @param words the command line in Latin 1, the program's name first
   * @param inherited the file descriptors that the program gets
   * @throws IOException always; the message says why it failed
   */
  public void exec(String program, List<String> words, FileDescriptors inherited)
      throws IOException {
    try {
      Object fcntl = function("fcntl");
      for (int own : inherited.openedSince()) {
        call(fcntl, own, F_SETFD, FD_CLOEXEC);
      }
      Object execv = function("execv");
      removeFiles(); // open files stay usable, and after execv they could not be removed
      call(execv, program, words.toArray(new String[0]));
      throw new IOException(program + " can't be executed");
    } catch (ReflectiveOperationException | LinkageError e) {
      throw unusable(e);
    }
  }

  private static IOException unusable(Throwable e) {
    return new IOException("JNA: " + (e.getCause() == null ? e : e.getCause()), e);
  }

  @Override
  public void close() throws IOException {
    loader.close();
    removeFiles();
  }

  private void removeQuietly() {
    try {
      removeFiles();
    } catch (IOException e) {
      // nobody could read a message now
    }
  }

  private void removeFiles() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
