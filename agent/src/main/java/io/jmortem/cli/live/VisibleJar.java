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

/**
 * A jar as another process sees it. Where that process has other files, or may not read ours, a
 * copy is put into its temporary directory, and removed again: the agent takes one of its own.
 */
final class VisibleJar implements AutoCloseable {

  private static final List<String> PLACES = List.of("tmp", "var/tmp", "dev/shm", "run");

  private final String path;
  private final Copy copy;

  private VisibleJar(String path, Copy copy) {
    this.path = path;
    this.copy = copy;
  }

  /** In a directory of the process's; what is there may be changed under our hands. */
  private record Copy(Path root, String place, Path name) {}

  /**
   * @param known the jar that the process has the agent from already, as it sees it; or null
   */
  static VisibleJar of(LiveProcess process, Path jar, String known) throws IOException {
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
        "the agent's jar can't be put where "
            + process
            + " can read it ("
            + failure
            + "); "
            + process.watchAdvice(),
        failure);
  }

  /** The JVM's path is the place below its own root. */
  private static VisibleJar copied(LiveProcess process, Path jar, String place) throws IOException {
    Path name =
        Path.of(
            HelperBinary.VISITING_PREFIX
                + Long.toHexString(new SecureRandom().nextLong())
                + ".jar");
    inDirectory(process.root(), place, opened -> write(opened, name, jar));
    VisibleJar visible =
        new VisibleJar("/" + place + "/" + name, new Copy(process.root(), place, name));
    // should the process not answer, or the user lose patience
    Runtime.getRuntime().addShutdownHook(new Thread(visible::closeQuietly));
    return visible;
  }

  private interface Action {
    void in(SecureDirectoryStream<Path> directory) throws IOException;
  }

  /**
   * Step by step and through no symbolic link: the process's files are not ours, and a link in them
   * would lead into ours.
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
        e.addSuppressed(never); // it could not even be made
      }
      throw e;
    }
  }

  /** As the kernel would decide, but for groups besides the first and for access lists. */
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
      // there is nobody to tell any more
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
      // the process has ended, and its files went with it; or somebody was faster
    }
  }
}
