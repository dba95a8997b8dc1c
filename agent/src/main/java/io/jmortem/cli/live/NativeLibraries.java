// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.live;

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
import java.util.stream.Stream;

/**
 * JNA and byte-buddy-agent, jars in our jar: their native part can't be relocated, and must not be
 * on the class path of every JVM that has the agent. Removed when closed.
 */
public final class NativeLibraries implements AutoCloseable {

  private static final List<String> JARS =
      List.of("/io/jmortem/agent/jna.jar", "/io/jmortem/cli/byte-buddy-agent.jar");

  /** asm-generic/fcntl.h. */
  private static final int F_SETFD = 2;

  private static final int FD_CLOEXEC = 1;

  private final Path directory;
  private final URLClassLoader loader;

  private NativeLibraries(Path directory, URLClassLoader loader) {
    this.directory = directory;
    this.loader = loader;
  }

  /**
   * Unpacks them.
   *
   * @param place where files can be executed from
   * @throws IOException if there is no place for them
   */
  public static NativeLibraries open(Path place) throws IOException {
    // 0700, as the JDK makes them
    Path directory = Files.createTempDirectory(place, "jmortem-native-");
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
    System.setProperty("jna.encoding", StandardCharsets.ISO_8859_1.name()); // bytes as they are
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

  /** A function of the C library's, which is the process's own. */
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
   * Becomes another program: execv(3), with this process's environment. Returns only if it fails.
   *
   * @param program its path; in Latin 1, a character a byte
   * @param words the command line, the program's name first; likewise
   * @param inherited file descriptors that the program gets
   * @throws IOException always; the message says why it could not be
   */
  public void exec(String program, List<String> words, FileDescriptors inherited)
      throws IOException {
    try {
      Object fcntl = function("fcntl");
      for (int own : inherited.openedSince()) {
        call(fcntl, own, F_SETFD, FD_CLOEXEC);
      }
      Object execv = function("execv");
      removeFiles(); // what is open stays so, and there is no later
      call(execv, program, words.toArray(new String[0]));
      throw new IOException(program + " can't be executed");
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new IOException("JNA: " + (e.getCause() == null ? e : e.getCause()), e);
    }
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
      // there is nobody to tell any more
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
