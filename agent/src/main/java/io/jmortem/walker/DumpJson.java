// SPDX-License-Identifier: Apache-2.0
package io.jmortem.walker;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jmortem.hotspot.StackDump;
import java.io.IOException;
import java.io.OutputStream;

/** Writes the dump as JSON on one line, with the names of the records, without empty fields. */
final class DumpJson {

  private DumpJson() {}

  static void write(StackDump dump, OutputStream output) throws IOException {
    JsonMapper.builder()
        // the JDK opens /dev/null in place of a standard output that is closed: it may be missing
        .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
        .defaultPropertyInclusion(
            JsonInclude.Value.construct(JsonInclude.Include.NON_EMPTY, JsonInclude.Include.ALWAYS))
        .build()
        .writeValue(output, dump);
  }
}
