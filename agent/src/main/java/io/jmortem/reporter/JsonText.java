// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.Writer;

/** A JSON text value that is written in parts. */
final class JsonText extends Writer {

  private static final String HEX = "0123456789abcdef";

  private final JsonGenerator generator;
  private boolean isClosed;

  JsonText(JsonGenerator generator) throws IOException {
    this.generator = generator;
    generator.writeRawValue("\"");
  }

  @Override
  public void write(char[] text, int from, int length) throws IOException {
    int plain = from;
    int end = from + length;
    for (int i = from; i < end; i++) {
      char c = text[i];
      if (c < ' ' || c == '"' || c == '\\' || Character.isSurrogate(c)) {
        generator.writeRaw(text, plain, i - plain);
        writeEscaped(c);
        plain = i + 1;
      }
    }
    generator.writeRaw(text, plain, end - plain);
  }

  private void writeEscaped(char c) throws IOException {
    switch (c) {
      case '"', '\\' -> {
        generator.writeRaw('\\');
        generator.writeRaw(c);
      }
      case '\n' -> generator.writeRaw("\\n");
      case '\t' -> generator.writeRaw("\\t");
      default -> {
        generator.writeRaw("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
          generator.writeRaw(HEX.charAt((c >> shift) & 0xf));
        }
      }
    }
  }

  @Override
  public void flush() {
    // the generator flushes when it is closed
  }

  @Override
  public void close() throws IOException {
    if (!isClosed) {
      isClosed = true;
      generator.writeRaw('"');
    }
  }
}
