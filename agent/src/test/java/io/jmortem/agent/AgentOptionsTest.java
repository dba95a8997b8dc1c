// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentOptionsTest {

  @ParameterizedTest
  @ValueSource(strings = {"", ",", ",,"})
  void noArgumentGivesDefaults(String text) {
    AgentOptions options = AgentOptions.parse(text);

    assertEquals(List.of(), options.problems());
    assertEquals("jmortem-reports", options.value("dir"));
    assertEquals(3000, options.deadlineMillis());
    assertEquals(60_000, options.snapshotMillis());
    assertEquals("1,2,4,5,6,7,8,9,11,15,24,25,31", options.signalNumbers());
  }

  @Test
  void nullGivesDefaults() {
    assertEquals(List.of(), AgentOptions.parse(null).problems());
  }

  @Test
  void values() {
    AgentOptions options =
        AgentOptions.parse(
            "dir=/r,freeze=off,hold=on,deadline=500ms,marker=delivery,snapshot=off,"
                + "signals=SIGKILL;TERM;11,on-exit=always,redact=off,keep=3,helper=/h,"
                + "keep-size=2M,keep-age=2d,tags=a:b,tags=c:d");

    assertEquals(List.of(), options.problems());
    assertEquals("/r", options.value("dir"));
    assertEquals(500, options.deadlineMillis());
    assertEquals(0, options.snapshotMillis());
    assertEquals("9,15,11", options.signalNumbers());
    assertEquals(
        """
        marker=delivery
        snapshot=off
        redact=off
        keep=3
        keep-size=2097152
        keep-age=172800
        tags=a:b;c:d
        """,
        options.reportOptions());
  }

  @Test
  void unknownOptionIsReportedWithTheValidOnes() {
    AgentOptions options = AgentOptions.parse("colour=red,keep=3");

    assertEquals(1, options.problems().size());
    assertTrue(
        options.problems().get(0).startsWith("unknown option 'colour'; valid: dir, freeze, "));
    assertEquals("3", options.value("keep"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "freeze=maybe",
        "freeze",
        "hold=1",
        "marker=kprobe",
        "on-exit=sometimes",
        "redact=yes",
        "deadline=0",
        "deadline=61s",
        "deadline=-1",
        "deadline=soon",
        "snapshot=99ms",
        "snapshot=9999999999",
        "keep=0",
        "keep=many",
        "keep-size=0",
        "keep-size=1T",
        "keep-age=30",
        "keep-age=0d",
        "signals=NONSENSE",
        "signals=",
        "signals=32",
        "tags=novalue",
        "daemon=on",
        "daemon=run/daemon.sock",
        "dir=",
        "helper="
      })
  void wrongValueKeepsTheDefault(String pair) {
    AgentOptions options = AgentOptions.parse(pair);
    String key = pair.contains("=") ? pair.substring(0, pair.indexOf('=')) : pair;

    assertEquals(1, options.problems().size(), options.problems()::toString);
    assertTrue(options.problems().get(0).startsWith("option " + key + "='"));
    assertEquals(AgentOptions.parse("").value(key), options.value(key));
  }

  @ParameterizedTest
  @CsvSource({"500ms,500", "3s,3000", "2m,120000", "7,7000", "1.5s,-1", "ms,-1", "'',-1"})
  void durations(String text, long millis) {
    assertEquals(millis, AgentOptions.millis(text));
  }

  /** What the user did not ask for is the daemon's to decide. */
  @ParameterizedTest
  @CsvSource({
    "'', 'protocol report-options'",
    "'daemon=/s,dir=/d,keep=3,helper=/h,freeze=on,marker=none', 'protocol report-options'",
    "'on-exit=nonzero', 'protocol report-options on-exit'",
    "'deadline=1s,on-exit=wrong', 'protocol report-options deadline-ms'",
  })
  void whatTheDaemonIsTold(String text, String keys) {
    AgentOptions options = AgentOptions.parse(text);
    byte[] told = HelperConfiguration.forDaemon(options).bytes();
    StringBuilder found = new StringBuilder();
    for (String pair : new String(told, StandardCharsets.UTF_8).split("\0", 0)) {
      found.append(' ').append(pair, 0, pair.indexOf('='));
    }
    assertEquals(' ' + keys, found.toString());
    assertEquals("snapshot=60s\nredact=on\ntags=\n", options.ownReportOptions());
  }

  @ParameterizedTest
  @CsvSource({"4096,4096", "500K,512000", "1G,1073741824", "K,-1", "'',-1", "1g,-1", "-1K,-1"})
  void sizes(String text, long bytes) {
    assertEquals(bytes, AgentOptions.bytes(text));
  }

  @ParameterizedTest
  @CsvSource({"90s,90", "2m,120", "12h,43200", "30d,2592000", "1w,604800", "7,-1", "d,-1", "'',-1"})
  void ages(String text, long seconds) {
    assertEquals(seconds, AgentOptions.seconds(text));
  }

  @Test
  void noLimitOfSizeAndAge() {
    AgentOptions options = AgentOptions.parse("keep-size=off,keep-age=off");

    assertEquals(List.of(), options.problems());
    assertTrue(options.reportOptions().contains("keep-size=0\nkeep-age=0\n"));
  }

  /** On a command line, a comma has no special meaning. */
  @Test
  void pairs() {
    AgentOptions options = AgentOptions.of(Map.of("dir", "/a,b", "keep", "none"));

    assertEquals("/a,b", options.value("dir"));
    assertEquals(1, options.problems().size());
  }
}
