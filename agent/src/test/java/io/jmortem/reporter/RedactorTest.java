// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedactorTest {

  @ParameterizedTest
  @CsvSource({
    "-Ddb.password=hunter2, -Ddb.password=<redacted>",
    "-DAPI_KEY=x, -DAPI_KEY=<redacted>",
    "--api-token=a b c, --api-token=<redacted>",
    "-Dclient.secret.value=1, -Dclient.secret.value=<redacted>",
    "jdbc:pg://joe:pw@host/db, jdbc:pg://joe:<redacted>@host/db",
    "-Dauthor=me, -Dauthor=me",
    "-Dname=value, -Dname=value",
    "password, password",
    "-Dauthorization=x, -Dauthorization=<redacted>",
    "-Dx.pass=y, -Dx.pass=<redacted>",
    "/app/auth:/app/lib, /app/auth:/app/lib",
    "https://joe:p@ss@host/db, https://joe:<redacted>@host/db",
  })
  void arguments(String argument, String expected) {
    assertEquals(List.of(expected), new Redactor(true).arguments(List.of(argument)));
    assertEquals(List.of(argument), new Redactor(false).arguments(List.of(argument)));
  }

  @Test
  void valueInTheNextArgument() {
    Redactor redactor = new Redactor(true);

    assertEquals(
        List.of("--password", "<redacted>", "--password", "--verbose"),
        redactor.arguments(List.of("--password", "hunter2", "--password", "--verbose")));
    assertEquals(1, redactor.count());
  }

  @Test
  void inTexts() {
    Redactor redactor = new Redactor(true);

    assertEquals(
        "java_command: M --password <redacted> x",
        redactor.text("java_command: M --password abc x"));
    assertEquals("{\"password\":\"<redacted>\"}", redactor.text("{\"password\":\"abc\"}"));
    assertEquals("Authorization: Bearer <redacted>", redactor.text("Authorization: Bearer abc"));
    assertEquals("pc=0x0000000000001234", redactor.text("pc=0x0000000000001234"));
  }

  /** Not by the clock: a pattern that blows up would not end at all. */
  @Test
  void hostileTextsEnd() {
    Redactor redactor = new Redactor(true);
    for (String part : new String[] {"a", "secret", "pwd", "://x:", "-", "--token ", "token= "}) {
      String text = part.repeat(1_000_000 / part.length());
      assertEquals(text.isEmpty(), redactor.text(text).isEmpty());
      assertEquals(1, redactor.arguments(List.of(text)).size());
    }
  }

  @Test
  void whatWasFoundInArgumentsIsRedactedInTexts() {
    Redactor redactor = new Redactor(true);
    redactor.arguments(List.of("--secret", "correct horse battery", "-Dx.token=a b"));

    assertEquals(
        "Command Line: --secret <redacted> -Dx.token=<redacted>",
        redactor.text("Command Line: --secret correct horse battery -Dx.token=a b"));
    assertEquals(
        "AWS_SECRET_KEY=<redacted>\nPATH=/bin", redactor.text("AWS_SECRET_KEY=abc\nPATH=/bin"));
  }

  /** Applications name threads after anything: a pool after its database, with the password. */
  @Test
  void namesOfThreads() throws IOException {
    String name = "pool jdbc:db://me:hunter2secret@host/x";
    String evidence =
        "{\"id\":\"e1\",\"event\":\"stacks\",\"dump\":{\"threads\":[{\"name\":\""
            + name
            + "\",\"waitsFor\":{\"ownerName\":\""
            + name
            + "\"}}],\"deadlocks\":[{\"threads\":[\""
            + name
            + "\"]}]}}\n";
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    EvidenceRedactor.redact(
        new ByteArrayInputStream(evidence.getBytes(StandardCharsets.UTF_8)),
        out,
        new Redactor(true));
    String redacted = out.toString(StandardCharsets.UTF_8);

    assertFalse(redacted.contains("hunter2secret"), redacted);
    assertTrue(redacted.contains("\"threads\":[{\"name\":\"pool jdbc:db://"), redacted);
  }
}
