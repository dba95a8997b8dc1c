// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.RepeatedText;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked, and what comes of answers that are none. */
class ServedFilesTest {

  private final ByteArrayOutputStream asked = new ByteArrayOutputStream();
  private final ByteArrayOutputStream answers = new ByteArrayOutputStream();

  private void answer(String line, String... chunks) throws IOException {
    DataOutputStream out = new DataOutputStream(answers);
    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    for (String chunk : chunks) {
      byte[] bytes = chunk.getBytes(StandardCharsets.UTF_8);
      out.writeInt(bytes.length);
      out.write(bytes);
    }
  }

  private ServedFiles files() {
    return new ServedFiles(new ByteArrayInputStream(answers.toByteArray()), asked, "/opt/shop");
  }

  private List<String> asked() {
    return List.of(asked.toString(StandardCharsets.UTF_8).split("\0"));
  }

  private static String text(TargetFile file) throws IOException {
    return new String(file.content().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void oneAfterAnother() throws IOException {
    answer("no ENOENT");
    answer("ok 11 1700000000000 1000 42 4096 1021994", "hello ", "world", "");
    answer("cut 999 -5 0 7 0 ef53", "left", " unread", "");
    answer("ok 0 0 0 1 0 1", "");
    ServedFiles files = files();

    TargetFile first = files.open("/opt/shop/hs_err_pid1.log").orElseThrow();
    assertEquals("hello world", text(first));
    assertEquals(11, first.size());
    assertEquals(1_700_000_000_000L, first.modifiedMillis());
    assertEquals(1000, first.user());
    assertEquals(42, first.inode());
    TargetFile second = files.openHead("/tmp/b").orElseThrow();
    assertTrue(second.isTruncated());
    TargetFile third = files.open("args").orElseThrow();
    assertEquals("", text(third));
    assertEquals("", text(second));
    assertEquals(
        List.of("Whs_err_pid1.log", "R/opt/shop/hs_err_pid1.log", "r/tmp/b", "Wargs"), asked());
  }

  /** Below the working directory by itself; what leads out of it, by the root directory. */
  @Test
  void whatIsAsked() throws IOException {
    for (int i = 0; i < 10; i++) {
      answer("no ENOENT");
    }
    ServedFiles files = files();
    files.open("../a");
    files.open("/opt/shop/../a");
    files.open("/opt/shopping");
    files.open("/opt/shop//a");
    files.open("a/./\u00e9");
    files.open("a\0b");
    files.open("x".repeat(5000));
    assertEquals(
        List.of(
            "R/opt/shop/../a",
            "R/opt/shop/../a",
            "R/opt/shopping",
            "Wa",
            "R/opt/shop//a",
            "Wa/./\u00e9",
            "R/opt/shop/a/./\u00e9"),
        asked());
  }

  @Test
  void noFiles() {
    ServedFiles none = new ServedFiles(InputStream.nullInputStream(), asked, "");

    assertEquals(Optional.empty(), none.open("/a"));
    assertEquals(Optional.empty(), none.open("b"));
    assertEquals(List.of("R/a"), asked()); // and not asked again
  }

  /** The server may have been taken over by the user that it runs as. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ok",
        "ok 1 2 3",
        "ok 1 2 3 4 5 6 7",
        "ok -1 2 3 4",
        "ok 99999999999999999999 2 3 4 5 6",
        "OK 1 2 3 4",
        "ok 1 2 3 4 5 6\r",
        "no",
        "\u001b[2J"
      })
  void wrongAnswers(String line) throws IOException {
    answer(line, "a", "");
    answer("ok 1 2 3 4 5 6", "a", "");
    ServedFiles files = files();

    assertEquals(Optional.empty(), files.open("/a"));
    assertEquals(Optional.empty(), files.open("/a"));
  }

  @Test
  void endlessLine() {
    InputStream endless = new RepeatedText("o", Long.MAX_VALUE);
    assertEquals(Optional.empty(), new ServedFiles(endless, asked, "").open("/a"));
  }

  @Test
  void wrongChunks() throws IOException {
    for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, (128 << 20) + 1}) {
      answers.reset();
      answer("ok 1 2 3 4 5 6");
      new DataOutputStream(answers).writeInt(length);
      answer("ok 1 2 3 4 5 6", "a", "");
      ServedFiles files = files();
      TargetFile file = files.open("/a").orElseThrow();
      assertThrows(IOException.class, () -> file.content().read());
      file.close();
      assertEquals(Optional.empty(), files.open("/a"));
    }
  }

  @Test
  void brokenOff() throws IOException {
    answer("ok 9 2 3 4 5 6", "whole");
    byte[] whole = answers.toByteArray();
    for (int length = 0; length < whole.length; length++) {
      ServedFiles files = new ServedFiles(new ByteArrayInputStream(whole, 0, length), asked, "");
      Optional<TargetFile> file = files.open("/a");
      if (file.isPresent()) {
        assertThrows(IOException.class, () -> text(file.get()));
      }
      assertEquals(Optional.empty(), files.open("/a"));
    }
  }

  /** What is beyond the limit is not taken, whatever the server says. */
  @Test
  void headIsBounded() throws IOException {
    String half = "x".repeat(ProcessFiles.HEAD / 2);
    answer("cut 9999999 2 3 4 5 6", half, half, "y", "");
    TargetFile file = files().openHead("/a").orElseThrow();
    byte[] head = file.content().readNBytes(ProcessFiles.HEAD);

    assertArrayEquals((half + half).getBytes(StandardCharsets.UTF_8), head);
    assertThrows(IOException.class, () -> file.content().read());
  }
}
