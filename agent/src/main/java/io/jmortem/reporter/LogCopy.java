// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.hserr.HsErrFile;
import io.jmortem.redact.Redactor;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/** Writes the redacted copy of HotSpot's log. */
final class LogCopy {

  private LogCopy() {}

  static void write(HsErrFile log, OutputStream out, Redactor redactor) throws IOException {
    Writer to = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    try (Reader from = log.reader()) {
      redactor.copy(from, to);
    }
    to.flush();
  }
}
