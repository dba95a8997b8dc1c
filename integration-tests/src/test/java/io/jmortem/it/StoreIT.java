// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Commands without options on the daemon's store at its usual place, in a mount namespace of their
 * own. Root writes the store, and each user may read what is about that user's JVMs.
 */
class StoreIT {

  private static final String ID = "20201120T133358.495Z-host-4711-";

  private static final String USER = "setpriv --reuid 4242 --regid 4242 --clear-groups ";

  private Path store;

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  /**
   * As the daemon makes it: a directory for each uid, readable by that user. A group has the right
   * here, where the daemon uses an ACL; the permissions that are shown are the same.
   */
  @BeforeEach
  void prepared() throws IOException {
    store = Files.createDirectory(Tests.newDirectory().resolve("store"));
    for (int user : List.of(0, 4242, 4243)) {
      Path directory = Files.createDirectory(store.resolve("" + user));
      Path report = Files.createDirectory(directory.resolve(id(user)));
      Files.writeString(
          report.resolve("evidence.ndjson"),
          "{\"id\":\"e1\",\"event\":\"exit\",\"timeUnixNano\":\"1\",\"status\":9}\n");
      Files.writeString(report.resolve("report.txt"), "JMORTEM of " + user + "\n");
      Files.writeString(report.resolve("report.json"), "{\"identity\":\"u" + user + "\"}\n");
      Files.writeString(
          directory.resolve("history.ndjson"),
          "{\"time\":\"2026-01-01T00:00:00Z\",\"pid\":7,\"event\":\"ended\",\"status\":36608,"
              + "\"name\":\"of"
              + user
              + "\"}\n");
      assertEquals("", Tests.run("chgrp", "-R", "" + user, directory.toString()));
      assertEquals("", Tests.run("chmod", "-R", "u=rwX,g=rX,o=", directory.toString()));
    }
    assertEquals("", Tests.run("chmod", "711", store.toString()));
  }

  private static String id(int user) {
    return ID + "%06x".formatted(user);
  }

  private Path report(int user) {
    return store.resolve("" + user).resolve(id(user));
  }

  /** Runs a command with the store at its usual place, and with nothing elsewhere. */
  private Cli cli(String prefix, String... arguments) {
    List<String> below = new ArrayList<>(List.of("unshare", "-m"));
    below.addAll(
        Tests.withTmp(
            "for each in /tmp /dev/shm /var/lib; do mount -t tmpfs tmpfs $each; done",
            "mkdir /var/lib/jmortem; mount --bind "
                + store
                + " /var/lib/jmortem; cd /; exec "
                + prefix
                + "\"$@\""));
    return Cli.startBelow(below, arguments).finish();
  }

  private static long rows(Cli cli) {
    return cli.stdout().stream().filter(line -> line.startsWith("20")).count();
  }

  @Test
  void rootSeesAll() {
    Cli listed = cli("", "list");
    assertEquals(0, listed.status(), listed::stderr);
    assertEquals(3, rows(listed), listed.stdout()::toString);
    assertEquals(6, rows(cli("", "list", "--all")));
    Cli shown = cli("", "show", id(4243));
    assertEquals(List.of("JMORTEM of 4243"), shown.stdout(), shown::stderr);
  }

  @Test
  void userSeesHisOwn() {
    Cli listed = cli(USER, "list", "--all");
    assertEquals(0, listed.status(), listed::stderr);
    assertEquals(2, rows(listed), listed.stdout()::toString);
    assertTrue(listed.stdout().stream().anyMatch(line -> line.contains("of4242 ended")));
    Cli shown = cli(USER, "show");
    assertEquals(List.of("JMORTEM of 4242"), shown.stdout(), shown::stderr);
    assertEquals(1, cli(USER, "show", id(4243)).status());
    Cli other = cli(USER, "show", "--dir", "/var/lib/jmortem/4243");
    assertEquals(1, other.status());
    assertEquals(List.of(), other.stdout());
  }

  /** Not even by the commands that would write: what root has made stays as it is. */
  @Test
  void userChangesNothing() throws IOException {
    Files.delete(report(4242).resolve("report.json"));
    Cli rebuilt = cli(USER, "rebuild", "/var/lib/jmortem/4242/" + id(4242));
    assertEquals(1, rebuilt.status());
    assertTrue(rebuilt.stderr().contains("belongs to user root"), rebuilt::stderr);
    Cli cleaned = cli(USER, "clean", "--keep", "0");
    assertEquals(0, cleaned.status(), cleaned::stderr);
    assertEquals(List.of("nothing to remove"), cleaned.stdout());
    assertEquals(1, cli(USER, "clean", "--keep", "0", "--dir", "/var/lib/jmortem").status());
    cli(USER, "list");
    assertTrue(Files.notExists(report(4242).resolve("report.json")));
    assertTrue(Files.exists(report(4242).resolve("report.txt")));
  }

  /** A directory that its user could write is none of root's: what is in it is not shown. */
  @Test
  void directoryOfTheUser() {
    for (String change : List.of("chown 4242", "chmod g+w", "chmod o+w")) {
      List<String> words = new ArrayList<>(List.of(change.split(" ")));
      words.add(store.resolve("4242").toString());
      assertEquals("", Tests.run(words.toArray(String[]::new)));
      assertEquals(2, rows(cli("", "list")), change);
      assertEquals(1, cli(USER, "list").status(), change);
      assertEquals("", Tests.run("chown", "0", store.resolve("4242").toString()));
      assertEquals("", Tests.run("chmod", "750", store.resolve("4242").toString()));
    }
    assertEquals(3, rows(cli("", "list")));
  }

  @Test
  void rootCleansEachDirectory() {
    Cli cleaned = cli("", "clean", "--keep", "0", "--dry-run");
    assertEquals(3, cleaned.stdout().size(), cleaned::stderr);
    assertEquals(0, cli("", "clean", "--keep", "1").status());
    assertTrue(List.of(0, 4242, 4243).stream().map(this::report).allMatch(Files::exists));
    assertEquals(0, cli("", "clean", "--older-than", "1d").status());
    assertTrue(List.of(0, 4242, 4243).stream().map(this::report).noneMatch(Files::exists));
  }
}
