// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelperReplyTest {

  @ParameterizedTest
  @ValueSource(strings = {"full", "memory", "kernel", "agent"})
  void armed(String level) {
    HelperReply answer = HelperReply.parse("armed " + level + " 4711");

    assertTrue(answer.isArmed());
    assertEquals(level, answer.level());
    assertEquals("4711", answer.helperPid());
    assertEquals("armed " + level + " 4711", answer.toString());
  }

  @Test
  void failed() {
    String line = "failed quota no room";
    assertEquals("no room", HelperReply.parse(line).why());
    assertEquals(HelperReply.Refusal.QUOTA, HelperReply.parse(line).refusal());
    assertEquals(line, HelperReply.parse(line).toString());
    assertEquals(HelperReply.Refusal.OTHER, HelperReply.parse("failed none at all").refusal());
    assertFalse(HelperReply.parse(null).isArmed());
  }

  /** A JVM that is none answers what it likes. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "armed",
        "armed full",
        "armed none 1",
        "armed full \u001b[2J",
        "armed \u001b]0;title\u0007 1",
        "armed full 99999999999",
        "armed full -1",
        "armed full 1\n",
        "armed  full 1",
        "failed \u001b[31mred\u009b0m\u202e",
        "\u001b[2Jarmed full 1"
      })
  void believedOfNobody(String line) {
    HelperReply answer = HelperReply.parse(line);

    assertFalse(answer.isArmed());
    assertEquals("none", answer.level());
    assertTrue(
        answer.why().codePoints().noneMatch(c -> c < ' ' || c == 0x9b || c == 0x202e),
        answer.why());
  }

  @Test
  void endlessRepliesAreCut() {
    assertTrue(HelperReply.parse("x".repeat(50_000_000)).why().length() < 200);
    assertTrue(HelperReply.parse("failed " + "x".repeat(50_000_000)).why().length() <= 1000);
  }
}
