// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jmortem.proc.ProcessFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HsErrLocatorTest {

  @TempDir private Path working;

  private HsErrLocator locator() {
    return new HsErrLocator(ProcessFiles.shared(working), 42, 1000);
  }

  @Test
  void whereErrorFileSaysThenTheDefaults() {
    assertEquals(
        List.of(
            Path.of("/logs/42-100%.log"),
            working.resolve("first.log"),
            working.resolve("hs_err_pid42.log"),
            Path.of("/tmp/hs_err_pid42.log")),
        locator()
            .candidates(
                List.of(
                    "java",
                    "-XX:ErrorFile=first.log",
                    "-XX:ErrorFile=/logs/%p-100%%.log",
                    "Main")));
  }

  @Test
  void argumentFilesAreRead() throws IOException {
    Files.writeString(working.resolve("args"), "-Xmx1g\n\"-XX:ErrorFile=/a/b.log\" Main");

    assertEquals(Path.of("/a/b.log"), locator().candidates(List.of("java", "@args")).get(0));
    assertEquals(2, locator().candidates(List.of("java", "@nowhere", "@")).size());
  }

  @Test
  void anotherProcessesLogOfTheSamePidIsNotOurs() throws IOException {
    Path log = Files.createFile(working.resolve("hs_err_pid42.log"));
    assertEquals(Optional.of(log), locator().find(List.of()));

    Files.setLastModifiedTime(log, FileTime.fromMillis(999));
    assertEquals(Optional.empty(), locator().find(List.of()));
  }

  @Test
  void whatIsNoFileIsNoLog() throws IOException {
    Files.createDirectory(working.resolve("hs_err_pid42.log"));

    assertEquals(Optional.empty(), locator().find(List.of("-XX:ErrorFile=\0")));
  }
}
