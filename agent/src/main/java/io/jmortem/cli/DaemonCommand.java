// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.AgentOptions;
import io.jmortem.agent.HelperBinary;
import io.jmortem.agent.HelperConfiguration;
import io.jmortem.agent.TrustedFile;
import io.jmortem.cli.doctor.DaemonCheck;
import io.jmortem.cli.live.NativeLibraries;
import io.jmortem.proc.CurrentUser;
import io.jmortem.store.ReportStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Watches every JVM of the host. */
@Command(
    name = "daemon",
    description = {
      "Watches every JVM of the host, in all containers, from its first instructions.",
      "One daemon a host, as root. A JVM with the agent finds the daemon by its socket, and then"
          + " starts no helper of its own. Reports go to one directory for each uid."
    },
    footer = {
      "",
      "A RULE is KIND=PATTERN, where * and ? are wildcards. The first rule that fits a JVM"
          + " decides. With at least one --match, JVMs that fit no rule are skipped.",
      "  user=shop                the JVM's user, by name or uid",
      "  cgroup=*/user.slice/*    its cgroup",
      "  command=*shop.jar*       its command line",
      "  env=STAGE=prod*          a variable of its environment",
      "",
      "FILE has the same options without dashes, one a line, such as match=user=shop. Only root"
          + " may be able to change FILE. Options and rules of the command line come first.",
      "",
      "Examples:",
      "  jmortem daemon",
      "  jmortem daemon --match 'user=shop' --keep-size 2G",
      "  jmortem daemon --skip 'cgroup=*/user.slice/*' --config /etc/jmortem/daemon.conf"
    },
    mixinStandardHelpOptions = true)
final class DaemonCommand implements Callable<Integer> {

  private static final int FAILED = 1;

  @Spec private CommandSpec spec;

  @Mixin private CaptureOptions options;

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      description = "Where agents find the daemon (default: " + DaemonCheck.SOCKET + ").")
  private @Nullable String socket;

  @Option(names = "--config", paramLabel = "FILE", description = "Read options from FILE.")
  private @Nullable Path config;

  @ArgGroup(multiplicity = "0..*")
  private List<Rule> rules = new ArrayList<>();

  /** sockaddr_un holds no longer path (unix(7)). */
  private static final int MAX_SOCKET = 107;

  /** One rule of the command line. A group, so that the two options keep their common order. */
  static final class Rule {

    @Option(
        names = "--match",
        paramLabel = "RULE",
        required = true,
        description = "Watch the JVMs that fit; may be given several times.")
    private @Nullable String match;

    @Option(
        names = "--skip",
        paramLabel = "RULE",
        required = true,
        description = "Do not watch the JVMs that fit; may be given several times.")
    private @Nullable String skip;

    /** For picocli. */
    Rule() {}

    MatchRule parsed() {
      return match != null
          ? MatchRule.of(true, match)
          : MatchRule.of(false, Objects.requireNonNull(skip));
    }
  }

  /** For picocli. */
  DaemonCommand() {}

  /** Returns only on failure: on success this process becomes the helper (execve). */
  @Override
  public Integer call() throws IOException {
    List<MatchRule> all = new ArrayList<>(ofCommandLine());
    if (CurrentUser.id() != 0) {
      throw new UserError("the daemon watches the JVMs of all users; run it as root");
    }
    DaemonFile file = config == null ? DaemonFile.NONE : DaemonFile.read(config);
    all.addAll(file.rules());
    Map<String, String> given = new LinkedHashMap<>();
    given.put("dir", ReportStore.OF_THE_DAEMON.toString());
    given.put("socket", DaemonCheck.SOCKET);
    given.putAll(file.options());
    given.putAll(options.given());
    if (socket != null) {
      given.put("socket", socket);
    }
    Path at = socketPath(Objects.requireNonNull(given.remove("socket")));
    AgentOptions checked = options.checked(given);
    requireTrusted();
    prepare(Path.of(checked.value("dir")).toAbsolutePath(), "rwx--x--x");
    prepare(Objects.requireNonNull(at.getParent()), "rwxr-xr-x");
    HelperProgram.become(
        "daemon",
        checked,
        (configuration, libraries) -> complete(configuration, libraries, at, all),
        List.of());
    return FAILED;
  }

  private List<MatchRule> ofCommandLine() {
    try {
      return rules.stream().map(Rule::parsed).toList();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private Path socketPath(String path) {
    Path absolute = Path.of(path).toAbsolutePath().normalize();
    if (absolute.getParent() == null || absolute.toString().length() > MAX_SOCKET) {
      throw new ParameterException(
          spec.commandLine(), "'" + path + "' can't be the path of a socket");
    }
    return absolute;
  }

  private static void complete(
      HelperConfiguration configuration, NativeLibraries libraries, Path socket, List<MatchRule> of)
      throws IOException {
    List<String> lines = new ArrayList<>();
    for (MatchRule each : of) {
      lines.add(each.line(libraries));
    }
    configuration.put(HelperConfiguration.Key.SOCKET, socket.toString());
    configuration.put(HelperConfiguration.Key.MATCH, String.join("\n", lines));
  }

  /** Refuses a Java and a jar that others could change: root would run what they wrote. */
  private static void requireTrusted() throws IOException {
    Path home = Path.of(System.getProperty("java.home"));
    for (Path each :
        List.of(
            home.resolve("bin/java"),
            home.resolve("lib/modules"),
            home.resolve("lib/server/libjvm.so"),
            HelperBinary.jar())) {
      String objection = TrustedFile.objection(each.toRealPath());
      if (objection != null) {
        throw new UserError(
            "the daemon does not run from "
                + each
                + ", because "
                + objection
                + "; install it so"
                + " that only root can change it");
      }
    }
  }

  /** Makes a directory, or refuses one that others could change. */
  private static void prepare(Path directory, String mode) throws IOException {
    if (!Files.exists(directory)) {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
    }
    String objection = TrustedFile.objection(directory.toRealPath());
    if (objection != null) {
      throw new UserError(
          "the daemon does not use "
              + directory
              + ", because "
              + objection
              + "; use a directory"
              + " that only root can change");
    }
  }
}
