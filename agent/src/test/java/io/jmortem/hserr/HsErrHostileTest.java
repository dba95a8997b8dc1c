// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logs that somebody, or a dying process, has made what no log is. */
class HsErrHostileTest {

  /** More by -Djmortem.fuzz.cases. */
  private static final int CASES = Integer.getInteger("jmortem.fuzz.cases", 3000);

  /** What the grammar of a log is made of. */
  private static final String LETTERS = "\"[]()<>{}\n\r =>,:;.+@#~0x1fVCJjvAL_%/-";

  /** Each case is known by its number. */
  @Test
  void mutatedLogsAreParsed() throws IOException {
    List<byte[]> logs = new ArrayList<>();
    for (String name : Logs.names().toList()) {
      logs.add(Logs.bytes(name));
    }
    for (int seed = 0; seed < CASES; seed++) {
      Random random = new Random(seed);
      byte[] mutated = logs.get(random.nextInt(logs.size())).clone();
      int mutations = 1 << random.nextInt(9);
      for (int i = 0; i < mutations; i++) {
        mutated = mutated(mutated, logs, random);
      }
      try {
        assertNotNull(HsErrParser.parse(new String(mutated, StandardCharsets.UTF_8)).frames());
      } catch (RuntimeException e) {
        throw new AssertionError("case " + seed, e);
      }
    }
  }

  private static byte[] mutated(byte[] log, List<byte[]> others, Random random) {
    int at = random.nextInt(log.length);
    switch (random.nextInt(6)) {
      case 0 -> log[at] = (byte) random.nextInt();
      case 1, 2 -> log[at] = (byte) LETTERS.charAt(random.nextInt(LETTERS.length()));
      case 3 -> { // a part of another log
        byte[] other = others.get(random.nextInt(others.size()));
        int length = Math.min(random.nextInt(200), Math.min(log.length - at, other.length));
        System.arraycopy(other, random.nextInt(other.length - length + 1), log, at, length);
      }
      case 4 -> { // again
        int length = Math.min(random.nextInt(60), log.length - at);
        System.arraycopy(log.clone(), at, log, random.nextInt(log.length - length + 1), length);
      }
      default -> {
        return random.nextInt(40) == 0 ? Arrays.copyOf(log, at + 1) : log;
      }
    }
    return log;
  }

  /** Not by the clock: what goes back at each character would not end. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"",
        "\" ",
        "\" [stack: ",
        "\" daemon [",
        "\" [_thread_",
        "\" [id=",
        "[id=1",
        "(exited) ",
        "0x",
        "(",
        "(L",
        "([",
        "a.b(",
        "a.b()V",
        "+0x1",
        "+",
        "[",
        "]",
        " @ 0x",
        " (",
        ":1)",
        ".",
        "pid=",
        "elapsed time: 1",
        "R8=0x",
        "=",
        "~",
        " 0x1",
        "J 1 ",
        "j  a."
      })
  void hostileLinesEnd(String part) {
    String line = part.repeat(4000 / part.length());
    StringBuilder text = new StringBuilder();
    String[] heads = {
      "Current thread (0x1):  JavaThread \"",
      "  0x00007f JavaThread \"",
      "j  ",
      "J 12 c2 ",
      "A  ",
      "V  [",
      "C  [",
      "C  0x",
      "v  ~",
      "# ",
      "R8=0x",
      "Time: "
    };
    for (String section :
        new String[] {
          "Native frames:", "Java frames:", "Registers:", "Java Threads: (", "VM Arguments:"
        }) {
      text.append(section).append('\n');
      for (String head : heads) {
        for (int i = 0; i < 20; i++) {
          text.append(head).append(line).append('\n');
        }
      }
    }
    assertNotNull(HsErrParser.parse(text.toString()));
  }

  /**
   * A line of 300 MB is no more than one of 300 KB, a log of any length no more than its frames.
   */
  @Test
  void aLogOfAnyLengthNeedsNoMemory() throws IOException {
    HsErrLog line = HsErrParser.parse(endlessAnswersAreCut("jvm_args: -Dx=", "y", 60_000_000L));
    assertNull(line.headline());

    HsErrLog log =
        HsErrParser.parse(
            endlessAnswersAreCut("#  SIGSEGV (0xb) at pc=0x1, pid=7\n", "x\n", 6_000_000L));
    assertEquals(7, log.pid());
  }

  @Test
  void linesEndAsTheyDoInTexts() throws IOException {
    String text = "a\r\nb\rc\n\n\rd\r\n" + "e".repeat(40_000) + "\r\nf";
    LogLines lines = new LogLines(new StringReader(text));
    List<String> found = new ArrayList<>();
    for (LogLines.Line line = lines.next(); line != null; line = lines.next()) {
      found.add(line.text());
      assertEquals(line.text().equals("f"), line.isTruncated());
    }

    assertEquals(text.lines().toList(), found);
    assertTrue(
        new LogLines(endlessAnswersAreCut("", "x", 1_000_000)).next().text().length()
            <= LogLines.MAX_LENGTH);
  }

  private static Reader endlessAnswersAreCut(String begin, String part, long total) {
    return new Reader() {
      private long at;

      @Override
      public int read(char[] to, int offset, int length) {
        int n = (int) Math.min(length, total - at);
        for (int i = 0; i < n; i++) {
          long index = at + i;
          to[offset + i] =
              index < begin.length()
                  ? begin.charAt((int) index)
                  : part.charAt((int) (index % part.length()));
        }
        at += n;
        return n == 0 ? -1 : n;
      }

      @Override
      public void close() {}
    };
  }
}
