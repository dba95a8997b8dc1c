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
                + "tags=a:b,tags=c:d");

    assertEquals(List.of(), options.problems());
    assertEquals("/r", options.value("dir"));
    assertEquals(500, options.deadlineMillis());
    assertEquals(0, options.snapshotMillis());
    assertEquals("9,15,11", options.signalNumbers());
    assertEquals(
        "marker=delivery\nsnapshot=off\nredact=off\nkeep=3\ntags=a:b;c:d\n",
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

  /** On a command line, a comma has no special meaning. */
  @Test
  void pairs() {
    AgentOptions options = AgentOptions.of(Map.of("dir", "/a,b", "keep", "none"));

    assertEquals("/a,b", options.value("dir"));
    assertEquals(1, options.problems().size());
  }
}
