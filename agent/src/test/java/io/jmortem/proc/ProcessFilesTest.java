// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessFilesTest {

  @TempDir private Path dir;

  @Test
  void throughItsOwnDirectories() {
    ProcessFiles files =
        new ProcessFiles(Path.of("/fd/3"), Path.of("/fd/4"), Path.of("/opt/shop"), Set.of());

    assertEquals(Path.of("/fd/3/tmp/a"), files.reached(Path.of("/tmp/a")));
    assertEquals(Path.of("/fd/4/a"), files.reached(Path.of("/opt/shop/a")));
    assertEquals(Path.of("/fd/3/etc/passwd"), files.reached(Path.of("/opt/shop/../../etc/passwd")));
    assertEquals(Path.of("/tmp/a"), ProcessFiles.shared(dir).reached(Path.of("/tmp/a")));
  }

  /** A process of another user's could name any file that we can read. */
  @Test
  void onlyWhatItMayHaveWritten() throws IOException {
    Path file = Files.createFile(dir.resolve("file"));
    String owner = Files.getAttribute(file, "unix:uid").toString();
    Path link = Files.createSymbolicLink(dir.resolve("link"), file);

    assertTrue(new ProcessFiles(Path.of("/"), dir, dir, Set.of(owner)).isItsFile(file));
    assertFalse(new ProcessFiles(Path.of("/"), dir, dir, Set.of("4711")).isItsFile(file));
    assertFalse(ProcessFiles.shared(dir).isItsFile(link));
    assertFalse(ProcessFiles.shared(dir).isItsFile(dir));
  }
}
