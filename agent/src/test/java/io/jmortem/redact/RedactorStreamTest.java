// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts of any length, and such as somebody made to be slow. */
class RedactorStreamTest {

  /** More by -Djmortem.fuzz.cases. */
  private static final int CASES = Integer.getInteger("jmortem.fuzz.cases", 2000);

  private static final List<String> SECRETS =
      List.of(
          "--secret",
          "correct horse battery",
          "-Dx=y",
          "--api-token",
          "Abc123def456GHI789",
          "--token",
          "first line\nsecond line");

  private static final String[] PARTS = {
    "password",
    "token",
    "pass",
    "key",
    "=",
    ":",
    " ",
    "\n",
    "\"",
    "'",
    "\\",
    "\\\"",
    ",",
    ";",
    "&",
    "://",
    "@",
    "/",
    "-p",
    "-u",
    "--key",
    "-",
    "<",
    ">",
    "[",
    "]",
    "{",
    "}",
    "a",
    "B1",
    "é",
    "\0",
    "-----BEGIN PRIVATE KEY-----",
    "-----END",
    "MIIEabc",
    "eyJhbGciOi.x.y",
    "ghp_0123456789",
    "correct horse battery",
    "first line\nsecond line",
    "Abc123def456GHI789",
    "\uffff",
    "curl ",
    "sqlplus ",
    "%22",
    "api key",
    "Bearer ",
    "Cookie: ",
    "java ",
    "value",
    "<redacted>",
    "jdbc:oracle:thin:",
    "hooks.slack.com/services/",
    "%3D",
    "\ud83d\ude00",
    "\ud83d"
  };

  private static String random(Random random) {
    StringBuilder text = new StringBuilder();
    int parts = random.nextInt(40);
    for (int i = 0; i < parts; i++) {
      text.append(PARTS[random.nextInt(PARTS.length)]);
    }
    return text.toString();
  }

  private static Redactor redactor() {
    Redactor redactor = new Redactor(true);
    redactor.learn(SECRETS);
    return redactor;
  }

  private static String copy(Redactor redactor, Reader from) throws IOException {
    StringWriter to = new StringWriter();
    redactor.copy(from, to);
    return to.toString();
  }

  @Test
  void chunksOfAStreamDoNotMatter() throws IOException {
    Redactor redactor = redactor();
    for (int i = 0; i < CASES; i++) {
      Random random = new Random(i);
      String text = random(random);
      assertEquals(
          redactor.text(text), copy(redactor, inPieces(text, random)), "case " + i + ": " + text);
    }
  }

  /** A report that is made again of redacted evidence is the same. */
  @Test
  void redactedTextHasNoSecrets() {
    Redactor redactor = redactor();
    int same = 0;
    for (int i = 0; i < CASES; i++) {
      String text = redactor.text(random(new Random(i)));
      assertFalse(text.contains("correct horse battery"), text);
      same += redactor.text(text).equals(text) ? 1 : 0;
    }
    assertTrue(same > CASES * 4 / 5, "most are as they were: " + same);
  }

  @Test
  void textsThatAreLongerThanAnyWindow() throws IOException {
    String line =
        "a line with password=hunter2 and correct horse battery, at TokenServer.java:42\n";
    String left =
        line.replace("hunter2", "<redacted>").replace("correct horse battery", "<redacted>");
    Redactor redactor = redactor();
    for (int lines : new int[] {400, 413, 419, 5000}) {
      assertEquals(left.repeat(lines), redactor.text(line.repeat(lines)));
      String one = line.replace('\n', ' ').repeat(lines);
      assertEquals(left.replace('\n', ' ').repeat(lines), copy(redactor, new StringReader(one)));
    }
  }

  @Test
  void secretsOverPieces() throws IOException {
    Redactor redactor = redactor();
    String filling = "x".repeat(40_000);
    for (int i = 30_000; i < 40_000; i += 97) {
      String before = filling.substring(0, i);
      assertEquals(
          before + " <redacted> y",
          copy(redactor, new StringReader(before + " correct horse battery y")));
      assertEquals(
          before + ",password=<redacted>,z=1",
          copy(redactor, new StringReader(before + ",password=hunter2,z=1")));
    }
    String key = "MIIE".repeat(20_000);
    assertEquals("password=<redacted> x", redactor.text("password=" + key + " x"));
    assertEquals(
        "password=\"<redacted>\" x", redactor.text("password=\"" + key + " " + key + "\" x"));
    assertEquals(
        "-----BEGIN PRIVATE KEY-----<redacted>-----END",
        redactor.text("-----BEGIN PRIVATE KEY-----\n" + "MIIEabcd\n".repeat(20_000) + "-----END"));
  }

  /**
   * Not by the clock: how often each character was looked at is counted. Lines end at different
   * places, so that no bound is hidden by another.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "secret",
        "pwd",
        "://x:",
        "://x:@",
        "a://b:c",
        "-",
        "--token ",
        "token= ",
        "token=",
        "=",
        ":",
        "\"",
        "\\",
        "password=\"",
        "password='",
        "password=\\\"",
        "password=[",
        "{",
        "-p",
        "-p ",
        "-p a ",
        " -pA1",
        "-u ",
        "-u a:",
        "eyJ",
        "eyJ_",
        "eyJ-",
        "eyJhbGciOi.",
        "ghp_",
        "sk-",
        "AKIA",
        "SG.",
        "Bearer ",
        "basic ",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "-----END",
        "Cookie: ",
        "password=a,",
        "password=a;b ",
        "password=a,b=",
        "<password>",
        "<password",
        "token\"",
        "token\" , \"",
        "@",
        "https://a@",
        "a?b=",
        "x://a:b@c?d",
        "x://a:b@c,",
        "java ",
        "java -p ",
        "java -p a ",
        "mysql ",
        "hooks.slack.com/",
        "oracle:thin:a/",
        "jdbc:oracle:thin:a/b@",
        "token                    ",
        "a\n",
        "password=a\n",
        "-----BEGIN PRIVATE KEY-----\n",
        "\0",
        "correct horse batter",
        "first line\n",
        "password : ",
        "\"token\" : [",
        "%3D",
        "password%3D",
        "password%253Da%26",
        "password%25",
        "é=",
        "curl ",
        "curl -ua:b",
        "curl -b a=",
        "--dsn a/",
        "--dsn a/b@",
        "sqlplus a/",
        "sqlplus a/b@",
        "sqlplus/",
        "dsn=a/",
        ",--user=",
        ",-u",
        ",-p/",
        ",--dsn a/",
        "api key:",
        "/password:",
        "token:L/",
        "password -> ",
        "token: !a ",
        "Ab1Cd2Ef3-",
      })
  void hostileTextsAreLinear(String part) {
    for (int size : new int[] {10_000, 300_000}) {
      String text = part.repeat(size / part.length());
      for (String one : new String[] {text, "x " + text + "@h;\" \n", text + "\"@=:"}) {
        Redactor redactor = redactor();
        assertFalse(redactor.text(one).isEmpty());
        assertTrue(redactor.steps() < 40L * one.length(), () -> redactor.steps() + " steps");
      }
      Redactor redactor = redactor();
      assertEquals(2, redactor.arguments(List.of(text, text)).size());
    }
  }

  /** Secrets that are all alike, in a text that is like them. */
  @Test
  void hostileSecretsAreFoundInOnePass() {
    Redactor redactor = new Redactor(true);
    for (int i = 8; i < 400; i++) {
      redactor.learn(List.of("--token", "a".repeat(i) + "b"));
    }
    String text = "a".repeat(1_000_000);

    assertEquals(text.length(), redactor.text(text + " ").length() - 1);
  }

  @Test
  void manySecretsAreLearntInOnePass() {
    Redactor redactor = new Redactor(true);
    List<String> arguments = new ArrayList<>();
    for (int i = 0; i < 1500; i++) {
      arguments.add("-Dp" + i + ".password=x" + i + "y" + i);
    }
    redactor.learn(arguments);

    assertEquals("a <redacted> b", redactor.text("a x1400y1400 b"));
  }

  @Test
  void aLineWithoutEndNeedsNoMemory() throws IOException {
    long[] written = {0};
    Writer nowhere =
        new Writer() {
          @Override
          public void write(char[] text, int from, int length) {
            written[0] += length;
            assertTrue(length <= 64 * 1024, "in pieces");
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    redactor().copy(endlessAnswersAreCut("some words and a name=value ", 20_000_000), nowhere);

    assertEquals(20_000_000, written[0]);
  }

  private static Reader inPieces(String text, Random random) {
    return new Reader() {
      private int at;

      @Override
      public int read(char[] to, int offset, int length) {
        int n = Math.min(Math.min(length, text.length() - at), 1 + random.nextInt(7));
        text.getChars(at, at + n, to, offset);
        at += n;
        return n == 0 ? -1 : n;
      }

      @Override
      public void close() {}
    };
  }

  private static Reader endlessAnswersAreCut(String part, int total) {
    return new Reader() {
      private int at;

      @Override
      public int read(char[] to, int offset, int length) {
        int n = Math.min(length, total - at);
        for (int i = 0; i < n; i++) {
          to[offset + i] = part.charAt((at + i) % part.length());
        }
        at += n;
        return n == 0 ? -1 : n;
      }

      @Override
      public void close() {}
    };
  }
}
