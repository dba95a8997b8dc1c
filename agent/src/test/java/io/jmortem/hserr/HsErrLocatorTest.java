// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.RepeatedText;
import io.jmortem.proc.LocalFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class HsErrLocatorTest {

  @TempDir private Path working;

  private HsErrLocator locator(Set<Long> users) {
    return new HsErrLocator(new LocalFiles(working), working.toString(), users, 42, 1000);
  }

  private HsErrLocator locator() {
    return locator(Set.of());
  }

  private Path log(String name, int pid) throws IOException {
    return Files.writeString(
        working.resolve(name),
        "#\n#  SIGSEGV (0xb) at pc=0x00007fe5089aafe4, pid=" + pid + ", tid=6\n#\n");
  }

  private String found(String... commandLine) {
    return locator().find(List.of(commandLine), List.of()).map(HsErrFile::named).orElse("");
  }

  @Test
  void errorFileThenDefaultPlaces() {
    assertEquals(
        List.of(
            working + "/environment.log",
            "/logs/42-100%.log",
            working + "/first.log",
            working + "/hs_err_pid42.log",
            "/tmp/hs_err_pid42.log"),
        locator()
            .candidates(
                List.of(
                    "java",
                    "-XX:ErrorFile=first.log",
                    "-XX:ErrorFile=/logs/%p-100%%.log",
                    "Main",
                    "-XX:ErrorFile=/the/applications"),
                List.of("-XX:ErrorFile=environment.log")));
  }

  @Test
  void argumentFilesAreRead() throws IOException {
    Files.writeString(working.resolve("args"), "-Xmx1g\n\"-XX:ErrorFile=/a/b.log\" Main");

    assertEquals("/a/b.log", locator().candidates(List.of("java", "@args"), List.of()).get(0));
    assertEquals(2, locator().candidates(List.of("java", "@nowhere", "@"), List.of()).size());
  }

  @Test
  void logOfAnotherProcessWithTheSamePidIsIgnored() throws IOException {
    Path log = log("hs_err_pid42.log", 42);
    assertEquals(log.toString(), found());

    Files.setLastModifiedTime(log, FileTime.fromMillis(999));
    assertEquals("", found());
  }

  @Test
  void logOfAnotherUserIsIgnored() throws IOException {
    Path log = log("hs_err_pid42.log", 42);
    long owner = Integer.toUnsignedLong((Integer) Files.getAttribute(log, "unix:uid"));

    assertTrue(locator(Set.of(owner, 1L)).find(List.of(), List.of()).isPresent());
    assertFalse(locator(Set.of(owner + 1)).find(List.of(), List.of()).isPresent());
  }

  /** One of another pid, one that is none, one that breaks off: the next may be the right one. */
  @Test
  void theFirstThatFits() throws IOException {
    log("first.log", 43);
    Files.writeString(working.resolve("second.log"), "x".repeat(10_000));
    Files.writeString(working.resolve("third.log"), "#\n");
    String[] commandLine = {
      "java", "-XX:ErrorFile=third.log", "-XX:ErrorFile=second.log", "-XX:ErrorFile=first.log"
    };
    assertEquals(working + "/third.log", found(commandLine));

    log("hs_err_pid42.log", 42);
    assertEquals(working + "/hs_err_pid42.log", found(commandLine));
  }

  @Test
  @Timeout(60)
  void whatIsNoFileIsNoLog() throws IOException, InterruptedException {
    Files.createDirectory(working.resolve("hs_err_pid42.log"));
    Path fifo = working.resolve("fifo");
    assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
    Files.createSymbolicLink(working.resolve("link"), log("elsewhere", 42));

    assertEquals(
        "",
        found(
            "java",
            "-XX:ErrorFile=\0",
            "-XX:ErrorFile=fifo",
            "-XX:ErrorFile=link",
            "-XX:ErrorFile=/dev/zero"));
  }

  /** However large it is, it is read up to a limit, and that is told. */
  @Test
  void largerThanAnyLog() throws IOException {
    HsErrFile lines = HsErrFile.read("a", new RepeatedText("a\n", 100L << 20), false);
    HsErrFile line = HsErrFile.read("a", new RepeatedText("abcdefgh", 100L << 20), false);

    assertTrue(lines.isTruncated() && line.isTruncated());
    assertEquals(64 << 20, line.size());
    assertFalse(HsErrFile.read("a", InputStream.nullInputStream(), false).isTruncated());
    assertEquals(Optional.empty(), Optional.ofNullable(line.log().headline()));
  }
}
