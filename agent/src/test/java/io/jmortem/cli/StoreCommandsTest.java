// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.jmortem.proc.CurrentUser;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** list, show and clean, in directories with foreign files. */
class StoreCommandsTest {

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  @TempDir private Path dir;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String verb, String... arguments) {
    List<String> words = new ArrayList<>(List.of(verb, "--dir", dir.toString()));
    words.addAll(List.of(arguments));
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Main.commandLine(out, err).execute(words.toArray(String[]::new));
  }

  private static String id(int daysAgo, int pid) {
    return STAMP.format(Instant.now().minusSeconds(daysAgo * 86_400L)) + "-host-" + pid + "-00abcd";
  }

  private Path report(int daysAgo, int pid) throws IOException {
    return directory(id(daysAgo, pid), "{\"fingerprint\":\"f" + pid + "\"," + DIAGNOSIS + "}");
  }

  private static final String DIAGNOSIS =
      "\"diagnosis\":{\"category\":\"exit\",\"confidence\":\"certain\",\"summary\":\"it ended\"}";

  private Path directory(String name, String json) throws IOException {
    Path report = Files.createDirectory(dir.resolve(name));
    Files.writeString(report.resolve("evidence.ndjson"), "{}\n");
    Files.writeString(report.resolve("report.json"), json);
    Files.writeString(report.resolve("report.txt"), "JMORTEM   exit (certain) " + name + "\n");
    return report;
  }

  @Test
  void nothingThere() {
    assertEquals(1, run("list"));
    assertTrue(err.toString().contains("no reports in " + dir));
    assertEquals(1, run("show"));
    assertEquals(1, run("list", "--json"));
    assertEquals("[ ]\n", out.toString());
  }

  @Test
  void listed() throws IOException {
    report(2, 11);
    report(1, 12);
    directory("." + id(0, 13) + ".partial", "{}");
    Files.createDirectory(dir.resolve("something else"));

    assertEquals(0, run("list"));
    List<String> lines = out.toString().lines().toList();
    assertEquals(4, lines.size());
    assertTrue(lines.get(1).contains("(unfinished)"), lines.get(1));
    assertTrue(lines.get(2).matches(".*  12  exit .*it ended"), lines.get(2));
    assertTrue(lines.get(3).matches(".*  11  exit .*it ended"), lines.get(3));
    assertEquals(0, run("list", "--json"));
    assertTrue(out.toString().contains("\"finished\" : false"), out.toString());
  }

  /** What a daemon has written: for root, the reports of all users, and on request the history. */
  @Test
  void daemonsStore() throws IOException {
    Assumptions.assumeTrue(CurrentUser.id() == 0, "skipped: needs root");
    Path store = dir;
    for (String user : List.of("1000", "0", "4242")) {
      dir = Files.createDirectory(store.resolve(user));
      report(user.length(), Integer.parseInt(user) + 1);
    }
    Files.setAttribute(dir, "unix:uid", 4242); // no directory of root
    Files.createDirectory(store.resolve("x1"));
    dir = store;
    Files.writeString(
        store.resolve("1000/history.ndjson"),
        "torn\"}\n"
            + history(3, 77, "ended", ",\"status\":36608,\"name\":\"shop\\u001b[2J.jar\"")
            + history(0, 78, "missed", ""));

    assertEquals(0, run("list"));
    List<String> lines = out.toString().lines().toList();
    assertEquals(3, lines.size(), out.toString());
    assertTrue(lines.get(1).contains("  1  exit"), lines.get(1));
    assertTrue(lines.get(2).contains("  1001  exit"), lines.get(2));
    assertEquals(0, run("list", "--all"));
    lines = out.toString().lines().toList();
    assertEquals(5, lines.size(), out.toString());
    assertTrue(lines.get(1).matches(".* 78  missed .*the JVM ended while .*"), lines.get(1));
    assertTrue(lines.get(3).matches(".* 77  ended .*shop\\?.2J.jar ended with status 143"));
    assertEquals(0, run("list", "--all", "--json"));
    assertTrue(out.toString().contains("\"status\" : 143"), out.toString());
    assertEquals(0, run("show", id(4, 1001).substring(0, 9), "--path"));
    assertTrue(out.toString().startsWith(store + "/1000/"), out.toString());
  }

  private static String history(int daysAgo, int pid, String event, String more) {
    String time = Instant.now().minusSeconds(daysAgo * 86_400L).toString();
    return "{\"time\":\"%s\",\"pid\":%d,\"event\":\"%s\"%s}\n".formatted(time, pid, event, more);
  }

  /** Each directory has its own limits: nobody drives out another user's reports. */
  @Test
  void cleanedForEachDirectory() throws IOException {
    Assumptions.assumeTrue(CurrentUser.id() == 0, "skipped: needs root");
    Path store = dir;
    List<Path> reports = new ArrayList<>();
    for (String user : List.of("1", "2")) {
      dir = Files.createDirectory(store.resolve(user));
      for (int i = 1; i <= 3; i++) {
        reports.add(report(i * Integer.parseInt(user), i));
      }
    }
    dir = store;
    assertEquals(0, run("clean", "--keep", "1"));
    assertEquals(
        List.of(reports.get(0), reports.get(3)), reports.stream().filter(Files::exists).toList());
  }

  /** A crash loop of one JVM leaves another's only report. */
  @Test
  void cleanedForEachIdentity() throws IOException {
    Path rare = directory(id(9, 9), "{\"identity\":\"rare.jar\"," + DIAGNOSIS + "}");
    List<Path> loop = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      loop.add(directory(id(i, i), "{\"identity\":\"loop.jar\"," + DIAGNOSIS + "}"));
    }
    assertEquals(0, run("clean", "--keep", "2"));
    assertEquals(loop.subList(0, 2), loop.stream().filter(Files::exists).toList());
    assertTrue(Files.exists(rare));
    assertEquals(0, run("clean", "--max-size", "400"));
    assertEquals(loop.subList(0, 1), loop.stream().filter(Files::exists).toList());
    assertTrue(Files.exists(rare));
  }

  @Test
  void shown() throws IOException {
    report(2, 11);
    String id = report(1, 12).getFileName().toString();
    report(3, 12);

    assertEquals(0, run("show"));
    assertTrue(out.toString().contains(id), out.toString());
    assertEquals(0, run("show", "12", "--path"));
    assertEquals(dir.resolve(id) + "\n", out.toString());
    assertEquals(0, run("show", id.substring(0, id.length() - 3), "--json"));
    assertTrue(out.toString().contains("f12"), out.toString());
    assertEquals(1, run("show", "99"));
    assertEquals(1, run("show", "2"));
    assertTrue(err.toString().contains("3 reports have an id that starts with 2"), err.toString());
  }

  /** Control characters for a terminal are removed. */
  @Test
  void escapeSequences() throws IOException {
    Path report =
        directory(
            id(0, 1),
            "{\"diagnosis\":{\"summary\":\"\\u001b[2J\\u009b2J\\u202egone\",\"category\":[[1]]}}");
    Files.writeString(report.resolve("report.txt"), "JMORTEM \u001b]0;title\u0007\u009b31m\n");

    assertEquals(0, run("list"));
    assertFalse(out.toString().matches("(?s).*[\u001b\u009b\u202e].*"));
    assertEquals(0, run("show"));
    assertFalse(out.toString().matches("(?s).*[\u001b\u009b\u202e].*"));
  }

  @Test
  void brokenReports() throws IOException {
    directory(id(3, 1), "{\"diagnosis\":");
    directory(id(2, 2), "[1,2");
    Path linked = directory(id(1, 3), "{}");
    Files.delete(linked.resolve("report.txt"));
    Files.createSymbolicLink(
        linked.resolve("report.txt"), Files.writeString(dir.resolve("secret"), "x"));
    Files.createSymbolicLink(dir.resolve(id(0, 4)), linked);

    assertEquals(0, run("list"));
    assertEquals(4, out.toString().lines().count(), out.toString());
    assertEquals(1, run("show"));
    assertTrue(err.toString().contains("jmortem rebuild"), err.toString());
  }

  @Test
  void cleanedByCountAgeAndSize() throws IOException {
    Path oldest = report(40, 1);
    Path middle = report(20, 2);
    Path newest = report(10, 3);

    assertEquals(2, run("clean"));
    assertEquals(2, run("clean", "--older-than", "soon"));
    assertEquals(0, run("clean", "--keep", "0", "--dry-run"));
    assertTrue(Files.exists(oldest));
    assertEquals(0, run("clean", "--older-than", "30d"));
    assertFalse(Files.exists(oldest));
    assertEquals(0, run("clean", "--keep", "1"));
    assertFalse(Files.exists(middle));
    assertEquals(0, run("clean", "--max-size", "1K", "--json"));
    assertTrue(Files.exists(newest));
    assertEquals(0, run("clean", "--max-size", "1"));
    assertFalse(Files.exists(newest));
    assertEquals(0, run("clean", "--keep", "0"));
    assertEquals("nothing to remove\n", out.toString());
  }

  /** A report that is being written stays; an abandoned one is removed like others. */
  @Test
  void unfinished() throws IOException {
    Path current = directory("." + id(0, 1) + ".partial", "{}");
    Path abandoned = directory("." + id(9, 2) + ".partial", "{}");
    FileTime then = FileTime.from(Instant.now().minusSeconds(9 * 86_400));
    for (String file : List.of("evidence.ndjson", "report.json", "report.txt", ".")) {
      Files.setLastModifiedTime(abandoned.resolve(file), then);
    }

    assertEquals(0, run("clean", "--keep", "0"));
    assertTrue(Files.exists(current));
    assertFalse(Files.exists(abandoned));
  }

  /** Only files of a report are removed, and not the target of a link. */
  @Test
  void otherDirectoriesStay() throws IOException {
    Path precious = Files.createDirectory(dir.resolve("precious"));
    Files.writeString(precious.resolve("file"), "x");
    Path report = report(9, 1);
    Files.createSymbolicLink(report.resolve("link"), precious.resolve("file"));
    Path link = Files.createSymbolicLink(dir.resolve(id(8, 2)), precious);
    Path deep = report(7, 3);
    Files.writeString(Files.createDirectory(deep.resolve("sub")).resolve("file"), "x");

    assertEquals(1, run("clean", "--keep", "0"));
    assertTrue(Files.exists(precious.resolve("file")));
    assertTrue(Files.exists(link, LinkOption.NOFOLLOW_LINKS));
    assertFalse(Files.exists(report));
    assertTrue(Files.exists(deep.resolve("sub/file")));
  }

  private static final String HOSTILE = "\u001b[2J\u009b2J\u202e\u0007\u2028\r\u007f";

  private void assertHarmless() {
    String all = out.toString() + err;
    assertTrue(
        all.codePoints()
            .allMatch(
                c ->
                    c == '\n'
                        || !List.of((int) Character.CONTROL, (int) Character.FORMAT)
                            .contains(Character.getType(c))),
        all);
  }

  /** Hostile text in paths, arguments, option names and reports. */
  @Test
  void escapeSequencesAreHarmless() throws IOException {
    Path plain = dir;
    String json =
        new ObjectMapper()
            .writeValueAsString(
                Map.of(
                    "timestamp",
                    HOSTILE,
                    "diagnosis",
                    Map.of("summary", HOSTILE, "category", HOSTILE)));
    for (String name : List.of("a", "b" + HOSTILE)) {
      dir = Files.createDirectory(plain.resolve(name));
      Files.writeString(directory(id(0, 1), json).resolve("report.txt"), HOSTILE);
      for (List<String> words :
          List.of(
              List.of("list"),
              List.of("list", "--json"),
              List.of("show"),
              List.of("show", "--json"),
              List.of("show", "--path"),
              List.of("show", HOSTILE),
              List.of("show", "--" + HOSTILE),
              List.of("clean", "--keep", "0", "--dry-run"),
              List.of("clean", "--keep", "0", "--dry-run", "--json"),
              List.of("clean", "--older-than", HOSTILE),
              List.of("clean", "--keep", HOSTILE))) {
        run(words.get(0), words.subList(1, words.size()).toArray(String[]::new));
        assertHarmless();
      }
      for (String[] words :
          new String[][] {
            {HOSTILE},
            {"rebuild", dir.toString()},
            {"rebuild", dir + "/" + HOSTILE},
            {"rebuild", "\0" + HOSTILE},
            {"attach", HOSTILE},
            {"watch", "--dir", HOSTILE, "0"},
            {"watch", "--keep", HOSTILE, "0"},
            {"doctor", "--advice", HOSTILE},
            {"run", "--" + HOSTILE},
            {"completion", HOSTILE},
            {"--help"},
            {"help" + HOSTILE}
          }) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        Main.commandLine(out, err).execute(words);
        assertHarmless();
      }
    }
    dir = plain;
  }

  /** The escaped text is the same JSON. */
  @Test
  void jsonKeepsItsValue() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    String json = mapper.writeValueAsString(Map.of("diagnosis", Map.of("summary", HOSTILE)));
    directory(id(0, 1), json);

    assertEquals(0, run("show", "--json"));
    assertHarmless();
    assertEquals(mapper.readTree(json), mapper.readTree(out.toString()));
  }

  /** Pipes, devices and files that are too large are refused. */
  @Test
  @Timeout(60)
  void whatIsNoReportsFile() throws IOException, InterruptedException {
    Path report = report(1, 12);
    for (String name : List.of("report.txt", "report.json")) {
      Path file = report.resolve(name);
      Files.delete(file);
      assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
    }
    assertEquals(1, run("show"));
    assertEquals(1, run("show", "--json"));
    assertEquals(0, run("list"));

    Path large = report.resolve("report.txt");
    Files.delete(large);
    try (RandomAccessFile sparse = new RandomAccessFile(large.toFile(), "rw")) {
      sparse.setLength(2L << 30);
    }
    assertEquals(1, run("show"));
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertTrue(err.toString().contains("too large for a report"), err.toString());
    assertEquals("", out.toString());
  }

  @Test
  void anotherUsersReportStays() throws IOException {
    Path own = report(9, 1);
    Path writable = report(8, 2);
    Files.setPosixFilePermissions(writable, PosixFilePermissions.fromString("rwxrwxrwx"));

    assertEquals(1, run("clean", "--keep", "0", "--dry-run"));
    assertTrue(out.toString().contains("would remove " + own), out.toString());
    assertFalse(out.toString().contains(writable.toString()), out.toString());
    assertEquals(1, run("clean", "--keep", "0"));
    assertTrue(err.toString().contains(writable + " was not removed: "), err.toString());
    assertFalse(Files.exists(own));
    assertTrue(Files.exists(writable.resolve("report.json")));
    Files.setPosixFilePermissions(writable, PosixFilePermissions.fromString("rwx------"));
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertEquals(1, run("clean", "--keep", "0"));
    assertEquals(0, run("show"), err.toString());
  }
}
