// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jmortem.proc.CurrentUser;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Publishing, keeping and removing reports, in directories with foreign files. */
class ReportDirectoryTest {

  private static final String ID = "20261120T133358.495Z-host-4711-784a51";

  @TempDir private Path parent;

  private Path made(String name) throws IOException {
    Path path = Files.createDirectory(parent.resolve(name));
    Files.writeString(path.resolve("evidence.ndjson"), "{}\n");
    return path;
  }

  private ReportDirectory directory(String name) throws IOException {
    return ReportDirectory.open(made(name));
  }

  private static Retention atMost(int count) {
    return new Retention(count, Retention.NO_LIMIT, Retention.KEEP_ALL.age());
  }

  private static ContentWriter text(String text) {
    return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void mode(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private static long count(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.count();
    }
  }

  private Path secret() throws IOException {
    Path secret = Files.writeString(parent.resolve("secret"), "root's own\n");
    mode(secret, "rw-------");
    return secret;
  }

  @Test
  void published() throws IOException {
    try (ReportDirectory directory = directory("." + ID + ".partial")) {
      assertEquals(ID, directory.id());
      directory.write("report.txt", text("hello"));
      directory.publish();
      directory.publish(); // a second call does no harm

      Path path = parent.resolve(ID);
      assertEquals(path.toString(), directory.path());
      assertEquals("hello", Files.readString(path.resolve("report.txt")));
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(path.resolve("report.txt"))));
    }
  }

  @Test
  void byDescriptors() throws IOException {
    Path path = made("." + ID + ".partial");
    Path other = made("." + ID.replace('7', '8') + ".partial");
    try (ReportDirectory directory = ReportDirectory.ofDescriptors(path.toString(), path, parent)) {
      directory.write("report.txt", text("hello"));
      directory.publish();
      assertEquals(parent.resolve(ID).toString(), directory.path());
    }
    assertTrue(Files.exists(parent.resolve(ID).resolve("report.txt")));
    assertThrows(
        IOException.class,
        () -> ReportDirectory.ofDescriptors(other.toString(), parent.resolve(ID), parent));
    assertThrows(IOException.class, () -> ReportDirectory.ofDescriptors("nonsense", other, parent));
  }

  @Test
  void oldestAreDeleted() throws IOException {
    try (ReportDirectory newest = directory("20261120T133359.000Z-host-1-aaaaaa")) {
      made("20261120T133358.000Z-host-2-aaaaaa");
      made("20261120T133357.000Z-host-3-aaaaaa");
      Path unfinished = made(".20261120T133356.000Z-host-4-aaaaaa.partial");
      Path foreign = Files.createDirectory(parent.resolve("precious"));
      newest.keep(atMost(2));

      assertTrue(Files.exists(parent.resolve("20261120T133358.000Z-host-2-aaaaaa")));
      assertFalse(Files.exists(parent.resolve("20261120T133357.000Z-host-3-aaaaaa")));
      assertTrue(Files.exists(unfinished) && Files.exists(foreign));
    }
  }

  /** The newest report is never removed, even if it is rebuilt, or the clock went back. */
  @Test
  void newReportIsNeverDeleted() throws IOException {
    Path oldest = made("20261120T133357.000Z-host-3-aaaaaa");
    made("20261120T133358.000Z-host-2-aaaaaa");
    Path stubborn = made("20261120T133356.000Z-host-2-bbbbbb");
    Files.createFile(Files.createDirectory(stubborn.resolve("sub")).resolve("file"));
    try (ReportDirectory directory = ReportDirectory.open(oldest)) {
      directory.keep(atMost(1));
    }
    assertTrue(Files.exists(oldest) && Files.exists(stubborn));
  }

  /** A directory that others can write, and a link, are refused. */
  @Test
  void onlyOwnReportsAreDeleted() throws IOException {
    Path writable = made("20261120T133357.000Z-host-3-aaaaaa");
    Path linked = parent.resolve("20261120T133356.000Z-host-3-aaaaaa");
    Files.createSymbolicLink(linked, Files.createDirectory(parent.resolve("precious")));
    mode(writable, "rwxrwxrwx");
    try (ReportDirectory directory = directory("20261120T133359.000Z-host-1-aaaaaa")) {
      directory.keep(atMost(1));
    }
    assertTrue(Files.exists(writable.resolve("evidence.ndjson")));
    assertTrue(Files.exists(linked, LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void noReportsDirectory() throws IOException {
    Path link = Files.createSymbolicLink(parent.resolve("evidence.ndjson"), Path.of("/etc/passwd"));

    assertTrue(Files.exists(link));
    assertThrows(IOException.class, () -> ReportDirectory.open(parent));
    assertThrows(IOException.class, () -> ReportDirectory.open(Path.of("/nowhere")));
    assertThrows(IOException.class, () -> ReportDirectory.open(Path.of("/")));
    assertThrows(IOException.class, () -> ReportDirectory.open(Path.of("/etc/passwd")));
  }

  @Test
  void linkToADirectory() throws IOException {
    Path link = Files.createSymbolicLink(parent.resolve("latest"), made(ID));
    IOException refused = assertThrows(IOException.class, () -> ReportDirectory.open(link).close());

    assertTrue(refused.getMessage().contains("is a symbolic link"), refused.getMessage());
  }

  /** A user who can write a directory could put a link in place of a file. */
  @Test
  void othersCanWriteIt() throws IOException {
    Path path = made(ID);
    for (String permissions : new String[] {"rwxrwxrwx", "rwxrwx---", "rwx----w-"}) {
      mode(path, permissions);
      IOException refused =
          assertThrows(IOException.class, () -> ReportDirectory.open(path).close());
      assertTrue(refused.getMessage().contains("written by other users"), refused.getMessage());
      assertThrows(
          IOException.class, () -> ReportDirectory.ofDescriptors(path.toString(), path, parent));
    }
    mode(path, "rwx------");
    mode(parent, "rwxrwxrwx");
    assertThrows(IOException.class, () -> ReportDirectory.open(path).close());
    assertThrows(
        IOException.class, () -> ReportDirectory.ofDescriptors(path.toString(), path, parent));
    mode(parent, "rwx------");
    ReportDirectory.open(path).close();
  }

  /** In a directory with the sticky bit, such as /tmp, others can't rename our files. */
  @Test
  void stickyParent() throws IOException, InterruptedException {
    Path path = made(ID);
    assertEquals(0, new ProcessBuilder("chmod", "1777", parent.toString()).start().waitFor());
    ReportDirectory.open(path).close();
    assertThrows(
        IOException.class, () -> ReportDirectory.ofDescriptors(path.toString(), path, parent));
  }

  @Test
  void anotherUsers() throws IOException {
    Path path = made(ID);
    // only root can give a directory away
    assumeTrue(Files.getAttribute(parent, "unix:uid").equals(0), "skipped: needs root");
    Files.setAttribute(path, "unix:uid", 1234);
    IOException refused = assertThrows(IOException.class, () -> ReportDirectory.open(path).close());
    assertTrue(refused.getMessage().contains("belongs to user"), refused.getMessage());

    Files.setAttribute(path, "unix:uid", 0);
    Files.setAttribute(parent, "unix:uid", 1234);
    assertThrows(IOException.class, () -> ReportDirectory.open(path).close());
  }

  /** Links that existed before: their targets stay unchanged. */
  @Test
  void linksInThePlaceOfFiles() throws IOException {
    Path secret = secret();
    Path path = made(ID);
    Files.createSymbolicLink(path.resolve(".report.json.new"), secret);
    Files.createSymbolicLink(path.resolve("report.json"), secret);
    Files.createLink(path.resolve("report.txt"), secret);
    Files.createLink(path.resolve(".report.txt.new"), secret);
    try (ReportDirectory directory = ReportDirectory.open(path)) {
      directory.write("report.json", text("{}"));
      directory.write("report.txt", text("hello"));
      assertThrows(IOException.class, () -> directory.read("nothing"));
    }
    assertEquals("root's own\n", Files.readString(secret));
    assertEquals("{}", Files.readString(path.resolve("report.json")));
    assertTrue(Files.isRegularFile(path.resolve("report.json"), LinkOption.NOFOLLOW_LINKS));
    assertEquals("hello", Files.readString(path.resolve("report.txt")));
  }

  /** The path now leads elsewhere, but the descriptor does not. */
  @Test
  void directoryIsReplacedMeanwhile() throws IOException {
    Path secret = secret();
    Path path = made(ID);
    try (ReportDirectory directory = ReportDirectory.open(path)) {
      Files.move(path, parent.resolve("moved"));
      Files.createSymbolicLink(path, Files.createDirectory(parent.resolve("other")));
      directory.write("secret", text("{}"));
    }
    assertEquals("root's own\n", Files.readString(secret));
    assertEquals("{}", Files.readString(parent.resolve("moved/secret")));
    assertFalse(Files.exists(parent.resolve("other/secret")));
  }

  /** Opening it would block. */
  @Test
  @Timeout(60)
  void fifo() throws IOException, InterruptedException {
    Path path = Files.createDirectory(parent.resolve(ID));
    Path fifo = path.resolve("evidence.ndjson");
    assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
    assertThrows(IOException.class, () -> ReportDirectory.open(path).close());
    Files.move(fifo, path.resolve("hs_err_pid1.log"));
    Files.writeString(fifo, "{}\n");
    try (ReportDirectory directory = ReportDirectory.open(path)) {
      assertTrue(directory.find(Pattern.compile("hs_err_pid.*\\.log")).isEmpty());
      assertThrows(IOException.class, () -> directory.read("hs_err_pid1.log"));
    }
  }

  /** A file appears complete or not at all; errors of directory and content are distinguished. */
  @Test
  void unfinished() throws IOException {
    Path path = made(ID);
    try (ReportDirectory directory = ReportDirectory.open(path)) {
      IOException unreadable = new IOException("content");
      assertEquals(
          unreadable,
          assertThrows(
              IOException.class,
              () ->
                  directory.write(
                      "report.json",
                      (OutputStream out) -> {
                        out.write(1);
                        throw unreadable;
                      })));
      assertEquals(1, count(path));

      Files.createFile(Files.createDirectory(path.resolve("report.json")).resolve("file"));
      assertThrows(UnwritableException.class, () -> directory.write("report.json", text("{}")));
      assertEquals(2, count(path));
    }
  }

  @Test
  void evidenceAloneIsLeft() throws IOException {
    Path path = made(ID);
    try (ReportDirectory directory = ReportDirectory.open(path)) {
      directory.write("report.json", text("{}"));
      directory.write(ReportDirectory.EVIDENCE, text("{ }\n"));
      directory.discardAllButEvidence();
      assertEquals(
          "{ }\n", new String(directory.openEvidence().readAllBytes(), StandardCharsets.UTF_8));
    }
    assertEquals(1, count(path));
  }

  /** In a shared directory, only this user's own directories are used. */
  @Test
  void ownDirectoriesInASharedPlace() throws IOException {
    int user = CurrentUser.id();
    Path plain = Files.createDirectory(parent.resolve("jmortem-reports"));
    Path own = Files.createDirectory(parent.resolve("jmortem-reports-" + user));
    Path random = Files.createDirectory(parent.resolve("jmortem-reports-" + user + "-a1B2c3"));
    Path writable = Files.createDirectory(parent.resolve("jmortem-reports-" + user + "-ffffff"));
    mode(writable, "rwxrwxrwx");
    Files.createDirectory(parent.resolve("jmortem-reports-" + (user + 1)));
    Files.createDirectory(parent.resolve("jmortem-reports-" + user + "-..x"));
    Files.createSymbolicLink(parent.resolve("jmortem-reports-" + user + "-abcdef"), own);
    mode(plain, "rwx------");
    mode(own, "rwx------");
    mode(random, "rwx------");

    assertEquals(List.of(plain, own, random), ReportStore.elsewhere(parent));
  }

  /** A JDK stream can be iterated only once, but a directory can be listed repeatedly. */
  @Test
  void namesCanBeListedTwice() throws IOException {
    try (OpenDirectory directory = OpenDirectory.at(made(ID))) {
      assertEquals(List.of(Path.of("evidence.ndjson")), directory.names());
      assertEquals(directory.names(), directory.names());
    }
  }
}
