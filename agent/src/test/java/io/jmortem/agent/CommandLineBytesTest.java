// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineBytesTest {

  private static final String GIVEN = "/r/b\u00ff\u00fex\u00c3\u00a9"; // one character per byte

  private static String found(String words, String value) {
    byte[] bytes = words.getBytes(StandardCharsets.ISO_8859_1);
    return new String(
        new CommandLineBytes(bytes).ofOption("dir", value), StandardCharsets.ISO_8859_1);
  }

  private static String utf8(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/r/b\ufffd\ufffdx\u00e9", // UTF-8
        "/r/b\u00ff\u00fex\u00c3\u00a9", // Latin-1
        "/r/b??x??", // a locale with only ASCII
      })
  void asGivenWhateverTheLocale(String value) {
    assertEquals(
        GIVEN, found("java\0-javaagent:j.jar=hold=on,dir=" + GIVEN + ",tags=a:b\0X\0", value));
    assertEquals(GIVEN, found("java\0-javaagent:j.jar=dir=" + GIVEN + "\0X\0", value));
    assertEquals(GIVEN, found("java\0X\0watch\0--dir\0" + GIVEN + "\0" + "7\0", value));
  }

  @Test
  void valuesNotFoundInTheCommandLineAreUtf8() {
    assertEquals("/r/plain", found("java\0-javaagent:j.jar=dir=/r/other\0", "/r/plain"));
    assertEquals(utf8("/r/\u00e9"), found("java\0X\0", "/r/\u00e9"));
    // ambiguous
    assertEquals(utf8("/r/\ufffd"), found("dir=/r/\u00fe\0dir=/r/\u00ff\0", "/r/\ufffd"));
  }
}
