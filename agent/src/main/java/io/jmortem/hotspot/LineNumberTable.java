// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.Arrays;

/**
 * Maps bytecodes to lines. The table is compressed: a byte holds a step of 5 bits for the bytecode
 * and 3 bits for the line; after 255, both follow as signed UNSIGNED5 numbers; 0 ends the table.
 */
final class LineNumberTable {

  private static final int ESCAPE = 0xff;
  private static final int MAX_ENTRIES = 65_536;

  private final int[] bcis;
  private final int[] lines;

  LineNumberTable(Unsigned5 stream) {
    int[] bciList = new int[16];
    int[] lineList = new int[16];
    int count = 0;
    int bci = 0;
    int line = 0;
    for (int next = stream.rawByte(); next != 0 && count < MAX_ENTRIES; next = stream.rawByte()) {
      if (next == ESCAPE) {
        bci += stream.nextSigned();
        line += stream.nextSigned();
      } else {
        bci += next >> 3;
        line += next & 7;
      }
      if (count == bciList.length) {
        bciList = Arrays.copyOf(bciList, 2 * count);
        lineList = Arrays.copyOf(lineList, 2 * count);
      }
      bciList[count] = bci;
      lineList[count++] = line;
    }
    bcis = Arrays.copyOf(bciList, count);
    lines = Arrays.copyOf(lineList, count);
  }

  /** The line of this bytecode, or of the nearest one before it; 0 if there is none. */
  int line(int bci) {
    int best = -1;
    for (int i = 0; i < bcis.length; i++) {
      if (bcis[i] == bci) {
        return lines[i];
      }
      if (bcis[i] < bci && (best < 0 || bcis[i] >= bcis[best])) {
        best = i;
      }
    }
    return best < 0 ? 0 : lines[best];
  }
}
