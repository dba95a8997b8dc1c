// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
  void whatWasFoundInArgumentsIsRedactedInTexts() {
    Redactor redactor = new Redactor(true);
    redactor.arguments(List.of("--secret", "correct horse battery", "-Dx.token=a b"));

    assertEquals(
        "Command Line: --secret <redacted> -Dx.token=<redacted>",
        redactor.text("Command Line: --secret correct horse battery -Dx.token=a b"));
    assertEquals(
        "AWS_SECRET_KEY=<redacted>\nPATH=/bin", redactor.text("AWS_SECRET_KEY=abc\nPATH=/bin"));
  }
}
