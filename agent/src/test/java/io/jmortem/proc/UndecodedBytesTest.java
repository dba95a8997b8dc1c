// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class UndecodedBytesTest {

  @Test
  void bytesAsTheyWere() {
    assertArrayEquals(
        new byte[] {'/', (byte) 0xc3, (byte) 0xa4, (byte) 0x80, (byte) 0xff, 'x'},
        UndecodedBytes.encode("/\u00e4\uef80\uefffx"));
    assertArrayEquals(new byte[0], UndecodedBytes.encode(""));
  }

  @Test
  void shownAsReplacements() {
    assertEquals("/\u00e4\ufffd\ufffdx\ueeff", UndecodedBytes.shown("/\u00e4\uef80\uefffx\ueeff"));
  }
}
