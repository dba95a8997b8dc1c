// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jmortem.agent.AgentOptions;
import io.jmortem.cli.doctor.DaemonCheck;
import io.jmortem.store.ReportStore;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The files of {@code deploy/} say what the code relies on, and nothing that it does not know. */
class DeployTest {

  private static final Path DEPLOY = Path.of("../deploy");
  private static final Path DAEMON_C = Path.of("../native-helper/src/daemon/daemon.c");

  private static final String STORE = ReportStore.OF_THE_DAEMON.toString();
  private static final String RUN = String.valueOf(Path.of(DaemonCheck.SOCKET).getParent());

  @TempDir private Path dir;

  private static String text(String file) throws IOException {
    return Files.readString(DEPLOY.resolve(file));
  }

  /** Fails for an option that the command line does not have. */
  private static void assertParsed(List<String> words) {
    Main.commandLine(new StringWriter(), new StringWriter())
        .parseArgs(words.toArray(new String[0]));
  }

  // ---- systemd

  private static String unit(String key) throws IOException {
    return text("jmortem.service")
        .replace("\\\n", " ")
        .lines()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElse("");
  }

  @Test
  void unitStartsTheDaemon() throws IOException {
    List<String> words = List.of(unit("ExecStart").split("\\s+"));
    assertParsed(words.subList(words.indexOf("-jar") + 2, words.size()));
    assertTrue(words.contains("daemon"), words::toString);
    assertTrue(text("Containerfile").contains(words.get(words.indexOf("-jar") + 1)));
  }

  @Test
  void unitHasTheDirectories() throws IOException {
    assertEquals(STORE, "/var/lib/" + unit("StateDirectory"));
    assertEquals(RUN, "/run/" + unit("RuntimeDirectory"));
    assertEquals("0711", unit("StateDirectoryMode"));
    assertEquals("yes", unit("RuntimeDirectoryPreserve"));
  }

  /** What the helper does at its start and at its end. */
  @Test
  void unitFitsTheHelper() throws IOException {
    String source = Files.readString(DAEMON_C);
    assertEquals("notify", unit("Type"));
    assertTrue(source.contains("notify_service_manager(\"READY=1\")"));
    assertEquals("process", unit("KillMode"));
    Matcher patience = Pattern.compile("STOP_PATIENCE_NS \\((\\d+) \\*").matcher(source);
    assertTrue(patience.find());
    long seconds = Long.parseLong(patience.group(1));
    assertTrue(AgentOptions.seconds(unit("TimeoutStopSec")) > seconds, unit("TimeoutStopSec"));
    assertEquals("", unit("MemoryDenyWriteExecute")); // no JVM starts with it
    assertEquals("", unit("PrivateUsers"));
    assertEquals("", unit("CPUQuota"));
  }

  @Test
  void systemdHasNothingToSay() throws IOException, InterruptedException {
    Assumptions.assumeTrue(hasProgram("systemd-analyze"), "skipped: there is no systemd-analyze");
    Path file =
        Files.writeString(
            dir.resolve("jmortem.service"),
            text("jmortem.service").replace("ExecStart=/usr/bin/java", "ExecStart=/bin/true"));
    Process process =
        new ProcessBuilder("systemd-analyze", "verify", "--man=no", file.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    assertTrue(said.lines().noneMatch(line -> line.contains("jmortem.service")), said);
  }

  private static boolean hasProgram(String name) throws IOException, InterruptedException {
    return new ProcessBuilder("sh", "-c", "command -v " + name + " >/dev/null").start().waitFor()
        == 0;
  }

  // ---- the configuration file

  /** All of it is a comment, and each comment with a value names the default. */
  @Test
  void configurationIsTheDefault() throws IOException {
    assertEquals(List.of(), DaemonFile.read(copy("daemon.conf", text("daemon.conf"))).rules());
    Map<String, String> options =
        DaemonFile.read(copy("all.conf", text("daemon.conf").replaceAll("(?m)^#(?=\\w)", "")))
            .options();
    assertTrue(options.size() > 5, options::toString);
    AgentOptions defaults = AgentOptions.of(Map.of());
    options.forEach(
        (key, value) ->
            assertEquals(
                switch (key) {
                  case "dir" -> STORE;
                  case "socket" -> DaemonCheck.SOCKET;
                  default -> defaults.value(key);
                },
                value,
                key));
  }

  private Path copy(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text);
  }

  // ---- containers

  @Test
  void imageStartsTheDaemon() throws IOException {
    String file = text("Containerfile").replace("\\\n", " ");
    Matcher entry = Pattern.compile("(?m)^ENTRYPOINT (\\[.*\\])$").matcher(file);
    assertTrue(entry.find());
    List<String> words = new ArrayList<>();
    new ObjectMapper().readTree(entry.group(1)).forEach(word -> words.add(word.textValue()));
    assertEquals("daemon", words.get(words.size() - 1));
    String jar = words.get(words.indexOf("-jar") + 1);
    assertTrue(file.contains("COPY jmortem.jar " + jar + "\n"), file);
  }

  private static List<JsonNode> yaml(String file) throws IOException {
    List<JsonNode> documents = new ArrayList<>();
    Load load = new Load(LoadSettings.builder().setLabel(file).build());
    for (Object each : load.loadAllFromString(text(file))) {
      documents.add(new ObjectMapper().valueToTree(each));
    }
    return documents;
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.textValue()));
    return texts;
  }

  /** The host's paths that a pod mounts, by where they are mounted. */
  private static Map<String, String> mounts(JsonNode spec) {
    Map<String, String> paths = new TreeMap<>();
    for (JsonNode mount : spec.at("/containers/0/volumeMounts")) {
      List<JsonNode> volumes = new ArrayList<>();
      for (JsonNode volume : spec.path("volumes")) {
        if (volume.path("name").equals(mount.path("name"))) {
          volumes.add(volume);
        }
      }
      assertEquals(1, volumes.size(), mount::toString);
      paths.put(mount.path("mountPath").asText(), volumes.get(0).at("/hostPath/path").asText());
    }
    return paths;
  }

  @Test
  void daemonSet() throws IOException {
    List<JsonNode> documents = yaml("daemonset.yaml");
    JsonNode set = documents.get(1);
    JsonNode spec = set.at("/spec/template/spec");

    assertEquals(documents.get(0).at("/metadata/name"), set.at("/metadata/namespace"));
    assertEquals(set.at("/spec/selector/matchLabels"), set.at("/spec/template/metadata/labels"));
    assertEquals(
        "privileged",
        documents.get(0).at("/metadata/labels/pod-security.kubernetes.io~1enforce").asText());
    assertTrue(spec.path("hostPID").booleanValue());
    assertTrue(spec.at("/containers/0/securityContext/privileged").booleanValue());
    assertTrue(spec.at("/containers/0/resources/limits").isMissingNode());
    assertEquals(
        Map.of(
            RUN,
            RUN,
            STORE,
            STORE,
            "/sys/kernel/btf",
            "/sys/kernel/btf",
            "/sys/fs/cgroup",
            "/sys/fs/cgroup",
            "/var/log/pods",
            "/var/log/pods",
            "/tmp",
            ""),
        mounts(spec));
    List<String> words = new ArrayList<>(List.of("daemon"));
    words.addAll(texts(spec.at("/containers/0/args")));
    assertParsed(words);
    assertEquals(unit("TimeoutStopSec"), spec.path("terminationGracePeriodSeconds").asText() + "s");
  }

  @Test
  void pod() throws IOException {
    JsonNode spec = yaml("pod.yaml").get(0).path("spec");
    assertEquals(Map.of(RUN, RUN), mounts(spec));
    String agent =
        texts(spec.at("/containers/0/command")).stream()
            .filter(word -> word.startsWith("-javaagent:"))
            .findFirst()
            .orElseThrow();
    AgentOptions options = AgentOptions.parse(agent.substring(agent.indexOf('=') + 1));
    assertEquals(List.of(), options.problems());
  }

  // ---- the page about them

  @Test
  void eachFileIsExplained() throws IOException {
    String page = Files.readString(Path.of("../docs/deploy.md"));
    TreeSet<String> named = new TreeSet<>();
    for (MatchResult each :
        Pattern.compile("deploy/([\\w.]+)\\)").matcher(page).results().toList()) {
      named.add(each.group(1));
    }
    try (Stream<Path> files = Files.list(DEPLOY)) {
      assertEquals(
          files.map(file -> file.getFileName().toString()).sorted().toList(), List.copyOf(named));
    }
  }
}
