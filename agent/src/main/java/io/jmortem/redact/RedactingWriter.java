// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import java.io.IOException;
import java.io.Writer;

/** Writes text without its secrets; if redaction is off, writes it unchanged. */
final class RedactingWriter extends Writer implements Window.Output {

  private final boolean on;
  private final Window window;
  private final Writer to;
  private boolean isClosed;

  RedactingWriter(boolean on, Window window, Literals.Automaton literals, Writer to) {
    this.on = on;
    this.window = window;
    this.to = to;
    window.begin(literals, this);
  }

  @Override
  public void write(char[] text, int from, int length) throws IOException {
    if (on) {
      window.add(text, from, length);
    } else {
      to.write(text, from, length);
    }
  }

  @Override
  public void passOn(char[] text, int from, int length) throws IOException {
    to.write(text, from, length);
  }

  @Override
  public void passRedacted() throws IOException {
    to.write(Redactor.REDACTED);
  }

  /** Does not write text that may still become part of a secret. */
  @Override
  public void flush() throws IOException {
    to.flush();
  }

  @Override
  public void close() throws IOException {
    if (on && !isClosed) {
      window.end();
    }
    isClosed = true;
  }
}
