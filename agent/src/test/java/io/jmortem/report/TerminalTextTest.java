// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TerminalTextTest {

  /** Of each kind that a terminal obeys: ESC, CSI, a turn of direction, a tag beyond 16 bits. */
  private static final String OBEYED =
      "\u001b[2J\u009b2J\u202e\u2028\u2029\u0007\r\u007f\ufeff\u200f\udb40\udc41";

  private static final String NOT_OBEYED = "a\u00e9\u4e2d\ud83d\ude00";

  private static boolean isHarmless(String text) {
    return text.codePoints().noneMatch(TerminalText::isObeyed);
  }

  private static String text(String text) throws IOException {
    StringWriter out = new StringWriter();
    try (Writer writer = TerminalWriter.ofText(out)) {
      for (int i = 0; i < text.length(); i++) { // in the smallest of pieces
        writer.write(text.charAt(i));
      }
    }
    return out.toString();
  }

  private static String json(String text) throws IOException {
    StringWriter out = new StringWriter();
    try (Writer writer = TerminalWriter.ofJson(out)) {
      writer.write(text);
    }
    return out.toString();
  }

  @Test
  void harmless() throws IOException {
    assertEquals(NOT_OBEYED, TerminalText.line(NOT_OBEYED));
    assertEquals("a?b?c", TerminalText.line("a\nb\tc"));
    assertEquals("a\nb\tc?", TerminalText.lines("a\nb\tc\r"));
    assertTrue(isHarmless(TerminalText.line(OBEYED)), TerminalText.line(OBEYED));
    assertEquals("12345...", TerminalText.line("123456789", 8));
    assertEquals("12345678", TerminalText.line("12345678", 8));
    assertEquals(NOT_OBEYED + "\n\t", text(NOT_OBEYED + "\n\t"));
    assertTrue(isHarmless(text(OBEYED)), text(OBEYED));
    assertEquals("?", text("\ud83d").replace('\ud83d', '?'));
  }

  /** The same value, whatever is in it. */
  @Test
  void jsonStaysTheSame() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    String all = OBEYED + NOT_OBEYED + "\n\t\"\\";
    String json = mapper.writeValueAsString(Map.of("key" + all, all));
    String harmless = json(json);

    assertTrue(isHarmless(harmless), harmless);
    assertEquals(mapper.readTree(json), mapper.readTree(harmless));
    assertEquals("{\n  \"a\" : 1\n}", json("{\n  \"a\" : 1\n}"));
    assertEquals(mapper.readTree("[1,\r\n2]"), mapper.readTree(json("[1,\r\n2]")));
  }
}
