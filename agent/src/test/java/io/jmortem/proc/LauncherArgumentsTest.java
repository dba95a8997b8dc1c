// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** As the launcher divides a command line; ofTheLauncher holds it to the JDK's own. */
class LauncherArgumentsTest {

  @TempDir private Path working;

  private List<String> options(String... words) {
    return LauncherArguments.vmOptions(
        Stream.concat(Stream.of("java"), Stream.of(words)).toList(), new LocalFiles(working));
  }

  @ParameterizedTest
  @CsvSource({
    "-Xa Main -Xb, -Xa",
    "-Xa -cp x:y -Xb Main -Xc, -Xa -cp -Xb",
    "-cp -Xvalue -Xb Main -Xc, -cp -Xb",
    "-Xa -jar app.jar -Xb, -Xa -jar",
    "-Xa -m mod/Main -Xb, -Xa -m",
    "-Xa --module mod -Xb, -Xa --module",
    "-Xa --module=mod -Xb, -Xa --module=mod",
    "--add-opens a/b=c -Xa -p mods Main, --add-opens -Xa -p",
    "--source 17 -Xa Main.java -Xb, --source -Xa",
    "--disable-@files @args -Xa, --disable-@files",
    "@@args -Xa, ''",
    "@ -Xa, ''",
    "@nowhere -Xa Main, -Xa",
    "Main @args, ''"
  })
  void divided(String line, String expected) throws IOException {
    Files.writeString(working.resolve("args"), "-Xfile");
    assertEquals(expected, String.join(" ", options(line.split(" "))));
  }

  @Test
  void argumentFiles() throws IOException {
    Files.writeString(working.resolve("a"), "-Xa\n# -Xb\n\"-Xc d\" '-Xe\\tf' \"-Xg\\\n   h\" -cp");
    Files.writeString(working.resolve("b"), "@a -Xb");
    Files.writeString(working.resolve("c"), "-Xc Main -Xd");

    assertEquals(
        List.of("-Xa", "-Xc d", "-Xe\tf", "-Xgh", "-cp", "-Xz"), options("@a", "x", "-Xz"));
    assertEquals(List.of("-Xa"), options("-Xa", "@b", "-Xz")); // @a is the main class there
    assertEquals(List.of("-Xc"), options("@c", "-Xz"));
    assertEquals(List.of("-Xc"), options("@" + working.resolve("c")));
  }

  /** What a JVM was really given, for what is hard to know. */
  @Test
  void ofTheLauncher() throws IOException, InterruptedException {
    String text =
        "-Da=1#2\n-Db=\"x y\"'z'\n\"-Dc=a\\\\b\\\"c\"\n-Dd=a\\b\n'-De=f\n-Dg=\"h\\\n\ti\"\r\n-Dj=k";
    Path file = Files.writeString(working.resolve("args"), text);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + file,
                "-XX:TieredStopAtLevel=1",
                "-XshowSettings:properties",
                "-version")
            .redirectErrorStream(true)
            .start();
    List<String> shown =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .map(String::strip)
            .filter(line -> line.matches("[a-j] = .*"))
            .toList();
    process.waitFor();

    assertEquals(
        shown,
        options("@args").stream()
            .map(option -> option.substring(2).replaceFirst("=", " = "))
            .sorted()
            .toList());
    assertTrue(shown.size() > 4, shown::toString);
  }

  /** Before the main class and behind it: no pipe and no device is opened, nothing without end. */
  @Test
  @Timeout(60)
  void whatIsNoFile() throws IOException, InterruptedException {
    Path fifo = working.resolve("fifo");
    assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
    Files.createSymbolicLink(working.resolve("link"), fifo);

    assertEquals(List.of("-Xa"), options("@fifo", "@/dev/zero", "@link", "-Xa", "Main"));
    assertEquals(List.of("-Xa"), options("-Xa", "Main", "@fifo", "@/dev/zero"));
  }

  @Test
  void tooMany() throws IOException {
    Files.writeString(working.resolve("large"), "-X".repeat(1 << 20));
    Files.writeString(working.resolve("many"), "-X ".repeat(300_000));
    String[] names = Collections.nCopies(100, "@many").toArray(String[]::new);

    assertEquals(List.of(), options("@large"));
    assertEquals(100_000, options(names).size());
  }
}
