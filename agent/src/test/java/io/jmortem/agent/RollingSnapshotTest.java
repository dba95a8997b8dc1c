// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.snapshot.ThreadSnapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reporter reads what the agent writes: one format, tested from both sides. */
class RollingSnapshotTest {

  private static final String NAME = "odd\tname\\with\nall \u00e4\ud83d\udca5";

  @TempDir private Path directory;

  @Test
  void writtenAndReadBack() throws IOException, InterruptedException {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Thread thread = new Thread(() -> waitFor(running, end), NAME);
    thread.setDaemon(true);
    thread.start();
    running.await();
    long before = System.currentTimeMillis();
    RollingSnapshot.take(new OwnHelper(directory), System.nanoTime());
    end.countDown();
    Path file = directory.resolve("snapshot");
    ThreadSnapshot snapshot = ThreadSnapshot.parse(Files.readString(file)).orElseThrow();

    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertTrue(snapshot.complete());
    assertTrue(snapshot.takenEpochMillis() >= before);
    ThreadSnapshot.JavaThread found =
        snapshot.threads().stream()
            .filter(each -> each.name().equals(NAME))
            .findFirst()
            .orElseThrow();
    assertEquals(thread.getId(), found.id());
    assertTrue(found.daemon());
    List<StackTraceElement> frames = found.frames();
    assertTrue(
        frames.stream()
            .anyMatch(
                frame ->
                    frame.getClassName().equals(RollingSnapshotTest.class.getName())
                        && frame.getMethodName().equals("waitFor")
                        && "RollingSnapshotTest.java".equals(frame.getFileName())
                        && frame.getLineNumber() > 0),
        frames::toString);
  }

  private static void waitFor(CountDownLatch running, CountDownLatch end) {
    running.countDown();
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The daemon takes less than a helper of the JVM's own. */
  @Test
  void noLongerThanTheWatcherTakes() throws IOException {
    RollingSnapshot.take(new OwnHelper(directory), System.nanoTime());
    long whole = Files.size(directory.resolve("snapshot"));
    long most = whole / 2;
    RollingSnapshot.take(new Frugal(directory, most), System.nanoTime());
    String text = Files.readString(directory.resolve("snapshot"));

    assertTrue(Files.size(directory.resolve("snapshot")) <= most);
    assertTrue(!ThreadSnapshot.parse(text).orElseThrow().complete());
  }

  private record Frugal(OwnHelper helper, long mostSnapshot) implements Watcher {
    Frugal(Path directory, long most) {
      this(new OwnHelper(directory), most);
    }

    @Override
    public boolean stays(long millis, ArmingRequest request) {
      return helper.stays(millis, request);
    }

    @Override
    public boolean isThere() {
      return helper.isThere();
    }

    @Override
    public OutputStream beginSnapshot() throws IOException {
      return helper.beginSnapshot();
    }

    @Override
    public void endSnapshot() throws IOException {
      helper.endSnapshot();
    }
  }

  @Test
  void anyTruncationGivesTheThreadsSoFar() throws IOException {
    RollingSnapshot.take(new OwnHelper(directory), System.nanoTime());
    String text = Files.readString(directory.resolve("snapshot"));
    int all = ThreadSnapshot.parse(text).orElseThrow().threads().size();

    for (int length = 0; length < text.length(); length += 7) {
      int found =
          ThreadSnapshot.parse(text.substring(0, length)).map(s -> s.threads().size()).orElse(0);
      assertTrue(found <= all);
    }
    assertTrue(ThreadSnapshot.parse("something else").isEmpty());
    assertTrue(ThreadSnapshot.parse("").isEmpty());
  }
}
