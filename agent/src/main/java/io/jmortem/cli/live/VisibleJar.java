// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.live;

import io.jmortem.agent.HelperBinary;
import io.jmortem.cli.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A jar at a path that another process can read. If that process has another mount namespace or
 * root directory, or may not read our jar, a copy is put into its temporary directory. The copy is
 * removed afterwards, because the agent makes its own.
 */
final class VisibleJar implements AutoCloseable {

  private static final List<String> PLACES = List.of("tmp", "var/tmp", "dev/shm", "run");

  private final String path;
  private final @Nullable Copy copy;

  private VisibleJar(String path, @Nullable Copy copy) {
    this.path = path;
    this.copy = copy;
  }

  /** A copy in a directory of the process, which may change that directory at any time. */
  private record Copy(Path root, String place, Path name) {}

  /**
   * @param known the jar that the process has the agent from, as it sees it; null if it has none
   */
  static VisibleJar of(LiveProcess process, Path jar, @Nullable String known) throws IOException {
    if (known != null) {
      return new VisibleJar(known, null);
    }
    if (process.sharesOurFiles()
        && isReadableBy(jar, process.user(), process.group())
        && jar.toString().indexOf('=') < 0) {
      return new VisibleJar(jar.toString(), null);
    }
    IOException failure = null;
    for (String place : PLACES) {
      try {
        return copied(process, jar, place);
      } catch (IOException e) {
        failure = e;
      }
    }
    throw new UserError(
        "the agent's jar can't be copied to a directory that "
            + process
            + " can read ("
            + failure
            + "); "
            + process.watchAdvice(),
        failure);
  }

  /** Copies the jar; the JVM sees the place below its own root directory. */
  private static VisibleJar copied(LiveProcess process, Path jar, String place) throws IOException {
    Path name =
        Path.of(
            HelperBinary.VISITING_PREFIX
                + Long.toHexString(new SecureRandom().nextLong())
                + ".jar");
    inDirectory(process.root(), place, opened -> write(opened, name, jar));
    VisibleJar visible =
        new VisibleJar("/" + place + "/" + name, new Copy(process.root(), place, name));
    // also if the process does not answer, or the user presses Ctrl-C
    Runtime.getRuntime().addShutdownHook(new Thread(visible::closeQuietly));
    return visible;
  }

  private interface Action {
    void in(SecureDirectoryStream<Path> directory) throws IOException;
  }

  /**
   * Opens the directory step by step and follows no symbolic link: the process could have made a
   * link that leads to our own files.
   */
  private static void inDirectory(Path root, String place, Action action) throws IOException {
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(root)) {
      if (!(stream instanceof SecureDirectoryStream<Path> secure)) {
        throw new IOException("this JDK has no secure directory streams");
      }
      descend(secure, Path.of(place), action);
    }
  }

  private static void descend(SecureDirectoryStream<Path> from, Path way, Action action)
      throws IOException {
    try (SecureDirectoryStream<Path> next =
        from.newDirectoryStream(way.getName(0), LinkOption.NOFOLLOW_LINKS)) {
      if (way.getNameCount() == 1) {
        action.in(next);
      } else {
        descend(next, way.subpath(1, way.getNameCount()), action);
      }
    }
  }

  private static void write(SecureDirectoryStream<Path> directory, Path name, Path jar)
      throws IOException {
    try (OutputStream out =
        Channels.newOutputStream(
            directory.newByteChannel(
                name,
                Set.of(
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE,
                    LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rw-r--r--"))))) {
      Files.copy(jar, out);
    } catch (IOException e) {
      try {
        directory.deleteFile(name);
      } catch (IOException never) {
        e.addSuppressed(never); // the file could not even be created
      }
      throw e;
    }
  }

  /** Checks as the kernel does, but ignores supplementary groups and access lists. */
  private static boolean isReadableBy(Path jar, long user, long group) throws IOException {
    if (user == 0) {
      return true;
    }
    for (Path each = jar.toRealPath(); each != null; each = each.getParent()) {
      PosixFileAttributes attributes = Files.readAttributes(each, PosixFileAttributes.class);
      long owner = (Integer) Files.getAttribute(each, "unix:uid");
      long owners = (Integer) Files.getAttribute(each, "unix:gid");
      boolean isFile = attributes.isRegularFile();
      PosixFilePermission needed =
          owner == user
              ? isFile ? PosixFilePermission.OWNER_READ : PosixFilePermission.OWNER_EXECUTE
              : owners == group
                  ? isFile ? PosixFilePermission.GROUP_READ : PosixFilePermission.GROUP_EXECUTE
                  : isFile ? PosixFilePermission.OTHERS_READ : PosixFilePermission.OTHERS_EXECUTE;
      if (!attributes.permissions().contains(needed)) {
        return false;
      }
    }
    return true;
  }

  String path() {
    return path;
  }

  private void closeQuietly() {
    try {
      close();
    } catch (IOException e) {
      // nobody could read a message now
    }
  }

  @Override
  public void close() throws IOException {
    if (copy == null) {
      return;
    }
    try {
      inDirectory(copy.root(), copy.place(), directory -> directory.deleteFile(copy.name()));
    } catch (NoSuchFileException e) {
      // the process and its files are gone, or somebody else removed the copy
    }
  }
}
