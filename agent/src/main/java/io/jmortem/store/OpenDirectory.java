// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import io.jmortem.proc.CurrentUser;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A directory that is open by its descriptor. Files in it are opened relative to the descriptor, so
 * it does not matter if somebody replaces the directory or a part of its path. No link is followed.
 */
final class OpenDirectory implements Closeable {

  /** S_ISVTX of linux/stat.h. */
  private static final int STICKY = 01000;

  private static final String WAY_OUT =
      "; run this command as the owner, or copy the report to a directory of your own";

  private static final Path SELF = Path.of(".");

  private final SecureDirectoryStream<Path> stream;
  private final String shown;

  private OpenDirectory(SecureDirectoryStream<Path> stream, String shown) {
    this.stream = stream;
    this.shown = shown;
  }

  /** Opens a directory by the path that the user gave; links in that path are followed. */
  static OpenDirectory at(Path path) throws IOException {
    return at(path, path.toString());
  }

  /**
   * @param shown its name in messages
   */
  @SuppressWarnings("StreamResourceLeak") // closed together with the directory
  static OpenDirectory at(Path path, String shown) throws IOException {
    DirectoryStream<Path> stream = Files.newDirectoryStream(path);
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return new OpenDirectory(secure, shown);
    }
    stream.close();
    throw new IOException("this JDK has no secure directory streams");
  }

  /** Opens a directory in this one. */
  OpenDirectory child(Path name) throws IOException {
    String path = (shown.endsWith("/") ? shown : shown + "/") + name;
    PosixFileAttributes attributes =
        attributes(name).orElseThrow(() -> new NoSuchFileException(path));
    if (!attributes.isDirectory()) {
      throw new IOException(
          path
              + (attributes.isSymbolicLink()
                  ? " is a symbolic link; give the directory that it points to"
                  : " is not a directory"));
    }
    return new OpenDirectory(stream.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS), path);
  }

  /** The attributes of the directory itself. */
  PosixFileAttributes attributes() throws IOException {
    return stream.getFileAttributeView(PosixFileAttributeView.class).readAttributes();
  }

  /** The attributes of a file in it (of a link, its own); empty if there is no such file. */
  Optional<PosixFileAttributes> attributes(Path name) throws IOException {
    try {
      return Optional.of(
          stream
              .getFileAttributeView(name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
              .readAttributes());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Whether another process has a lock on a file (fcntl(2)). */
  boolean isLocked(Path name) throws IOException {
    try (FileChannel channel = channel(name, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    }
  }

  /**
   * Creates a file and locks it.
   *
   * @return closing it removes the file; empty if another process has the lock
   */
  Optional<Closeable> tryLock(Path name) throws IOException {
    FileChannel channel = channel(name, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      return Optional.empty();
    }
    return Optional.of(
        () -> {
          try (channel) {
            deleteFileIfExists(name);
          }
        });
  }

  private FileChannel channel(Path name, OpenOption... how) throws IOException {
    Set<OpenOption> options = new HashSet<>(Arrays.asList(how));
    options.add(LinkOption.NOFOLLOW_LINKS);
    SeekableByteChannel channel =
        stream.newByteChannel(
            name,
            options,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    if (channel instanceof FileChannel file) {
      return file;
    }
    channel.close();
    throw new IOException(this + ": this JDK has no file channels there");
  }

  /**
   * Refuses a directory that another user owns or may write to: that user could replace what was
   * checked or written.
   *
   * @throws IOException if it is refused; the message says who owns it, and what to do
   */
  void requireOwn() throws IOException {
    Optional<String> why = whyNotOwn();
    if (why.isPresent()) {
      throw new IOException(why.get() + WAY_OUT);
    }
  }

  /** Why {@link #requireOwn} refuses the directory; empty if it does not. */
  Optional<String> whyNotOwn() throws IOException {
    PosixFileAttributes attributes = attributes();
    return CurrentUser.owns(attributes) || isLent(attributes)
        ? writableByOthers(attributes)
        : Optional.of(foreign());
  }

  /**
   * Whether root's helper had lent the directory to its reporter ({@code loan.h}), and was killed
   * before it took the directory back.
   */
  private static boolean isLent(PosixFileAttributes attributes) {
    return CurrentUser.id() == 0 && CurrentUser.isThrowaway(attributes.owner());
  }

  /**
   * Refuses a directory in which another user could rename or remove this user's files. A directory
   * of root is accepted, and so is one with the sticky bit, such as {@code /tmp}.
   *
   * @throws IOException if it is refused; the message says why, and what to do
   */
  void requireStable() throws IOException {
    PosixFileAttributes attributes = attributes();
    Map<String, Object> numbers = numbers();
    if (!CurrentUser.owns(attributes) && !isRoots(numbers)) {
      throw new IOException(foreign() + WAY_OUT);
    }
    boolean isSticky = numbers.get("mode") instanceof Integer mode && (mode & STICKY) != 0;
    Optional<String> why = isSticky ? Optional.empty() : writableByOthers(attributes);
    if (why.isPresent()) {
      throw new IOException(why.get() + WAY_OUT);
    }
  }

  /**
   * Whether root alone can change the directory. What is in it may be read, and believed to be what
   * root made of it.
   */
  boolean isRootsAlone() throws IOException {
    return isRoots(numbers()) && writableByOthers(attributes()).isEmpty();
  }

  private static boolean isRoots(Map<String, Object> numbers) {
    return Integer.valueOf(0).equals(numbers.get("uid"));
  }

  /** What Java does not read by the descriptor: the uid, and the whole mode. */
  private Map<String, Object> numbers() throws IOException {
    Map<String, Object> numbers = Files.readAttributes(Path.of(shown), "unix:uid,mode,fileKey");
    if (!Objects.equals(attributes().fileKey(), numbers.get("fileKey"))) {
      throw new IOException(this + " was replaced by another directory");
    }
    return numbers;
  }

  private String foreign() throws IOException {
    return this
        + " belongs to user "
        + attributes().owner().getName()
        + ", not to "
        + CurrentUser.principal().getName();
  }

  private Optional<String> writableByOthers(PosixFileAttributes attributes) {
    Set<PosixFilePermission> permissions = attributes.permissions();
    return permissions.contains(PosixFilePermission.GROUP_WRITE)
            || permissions.contains(PosixFilePermission.OTHERS_WRITE)
        ? Optional.of(
            this
                + " can be written by other users ("
                + PosixFilePermissions.toString(permissions)
                + ")")
        : Optional.empty();
  }

  /** The names of the files in it. */
  List<Path> names() throws IOException {
    List<Path> names = new ArrayList<>();
    // a stream can be iterated only once
    try (DirectoryStream<Path> again = stream.newDirectoryStream(SELF, LinkOption.NOFOLLOW_LINKS)) {
      again.forEach(each -> names.add(each.getFileName()));
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  /**
   * Opens a regular file in it; opening a FIFO would block.
   *
   * @throws NoSuchFileException if there is no such regular file
   */
  InputStream read(Path name) throws IOException {
    if (!attributes(name).map(PosixFileAttributes::isRegularFile).orElse(false)) {
      throw new NoSuchFileException(shown + "/" + name);
    }
    return Channels.newInputStream(
        stream.newByteChannel(name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)));
  }

  /** Creates a file in it (0600), and returns a stream to it. */
  OutputStream create(Path name) throws IOException {
    return Channels.newOutputStream(
        stream.newByteChannel(
            name,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
  }

  /** Opens a regular file in it for appending. */
  OutputStream append(Path name) throws IOException {
    if (!attributes(name).map(PosixFileAttributes::isRegularFile).orElse(false)) {
      throw new NoSuchFileException(shown + "/" + name);
    }
    return Channels.newOutputStream(
        stream.newByteChannel(
            name,
            Set.of(
                StandardOpenOption.WRITE, StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS)));
  }

  /** Renames a file in it atomically; an existing file is replaced. */
  void rename(Path from, Path to) throws IOException {
    stream.move(from, stream, to);
  }

  /** Removes a file, not a directory; of a link, the link itself. */
  void deleteFile(Path name) throws IOException {
    stream.deleteFile(name);
  }

  void deleteFileIfExists(Path name) throws IOException {
    try {
      stream.deleteFile(name);
    } catch (NoSuchFileException e) {
      // nothing to remove
    }
  }

  /** Removes an empty directory. */
  void deleteDirectory(Path name) throws IOException {
    stream.deleteDirectory(name);
  }

  /** Its name in messages. */
  @Override
  public String toString() {
    return shown;
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
