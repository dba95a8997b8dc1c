// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AbsentLogTest {

  private static String reason(String refusal, String... options) {
    return AbsentLog.reason(List.of(options), name -> Optional.ofNullable(refusal)).orElse("");
  }

  @Test
  void options() {
    assertEquals(
        "not written, because of -XX:+SuppressFatalErrorMessage",
        reason(null, "-XX:ErrorFile=/a", "-XX:+SuppressFatalErrorMessage"));
    assertEquals(
        "printed on stdout, because of -XX:+ErrorFileToStdout",
        reason(null, "-XX:+ErrorFileToStdout"));
    assertEquals(
        "printed on stderr, because of -XX:+ErrorFileToStderr",
        reason(null, "-XX:+ErrorFileToStdout", "-XX:-ErrorFileToStdout", "-XX:+ErrorFileToStderr"));
    assertEquals("", reason(null, "-XX:+ErrorFileToStderr", "-XX:-ErrorFileToStderr"));
  }

  @Test
  void files() {
    assertTrue(reason(null, "-XX:ErrorFile=/dev/stderr").contains("is not a file"));
    assertTrue(reason(null, "-XX:ErrorFile=/proc/self/fd/1").contains("is not a file"));
    assertTrue(
        reason("not a regular file", "-XX:ErrorFile=/a", "-XX:ErrorFile=/log/pipe")
            .startsWith("-XX:ErrorFile=/log/pipe is not a regular file"));
    assertTrue(
        reason("Permission denied", "-XX:ErrorFile=/root/log")
            .startsWith("-XX:ErrorFile=/root/log can't be opened (Permission denied)"));
    assertEquals("", reason("No such file or directory"));
    assertEquals("", reason(null, "-XX:ErrorFile="));
    assertEquals("", reason(null, "-XX:ErrorFile=/there/but/of/another/process"));
  }
}
