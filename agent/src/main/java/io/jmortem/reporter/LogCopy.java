// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.hserr.HsErrFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** The copy of HotSpot's log, with its secrets taken out a part at a time: it may be large. */
final class LogCopy {

  private static final int PART = 1 << 20;

  private LogCopy() {}

  static void write(HsErrFile log, OutputStream out, Redactor redactor) throws IOException {
    int end;
    for (int start = 0; start < log.size(); start = end) {
      end = log.endOfPart(start, PART);
      out.write(redactor.text(log.text(start, end)).getBytes(StandardCharsets.UTF_8));
    }
  }
}
