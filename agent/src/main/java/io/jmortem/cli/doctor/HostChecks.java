// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.doctor;

import io.jmortem.agent.HelperConfiguration;
import io.jmortem.proc.StatusFile;
import io.jmortem.store.ReportStore;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Checks what the kernel, the user and the container allow, mostly in /proc and /sys. The checks do
 * not decide the level, which {@link Rehearsal} measures; they explain why it is not better.
 */
final class HostChecks {

  /** linux/capability.h. */
  private static final int CAP_SYS_PTRACE = 19;

  private static final int CAP_SYS_ADMIN = 21;
  private static final int CAP_PERFMON = 38;
  private static final int CAP_BPF = 39;

  /** include/linux/proc_ns.h: the initial namespaces of a host. */
  private static final String FIRST_USER_NS = "user:[4026531837]";

  private static final String FIRST_PID_NS = "pid:[4026531836]";

  private static final long NEEDED_BYTES = 64L << 20;

  private final StatusFile self;
  private final Path reports;
  private final boolean hasInstalledHelper;

  /**
   * @param reports the directory for reports
   * @param hasInstalledHelper whether the user named an installed helper, which may have
   *     capabilities
   */
  HostChecks(Path reports, boolean hasInstalledHelper) {
    this.self = StatusFile.parse(read("/proc/self/status").orElse(""));
    this.reports = reports;
    this.hasInstalledHelper = hasInstalledHelper;
  }

  private static Optional<String> read(String path) {
    try {
      return Optional.of(Files.readString(Path.of(path)).strip());
    } catch (IOException | RuntimeException e) { // text that can't be decoded, too
      return Optional.empty();
    }
  }

  List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    findings.add(kernel());
    findings.add(btf());
    findings.add(userNamespace());
    findings.add(capabilities());
    findings.add(noNewPrivileges());
    findings.add(seccomp());
    findings.add(yama());
    findings.add(lockdown());
    findings.add(pidNamespace());
    findings.add(temporary());
    findings.add(disk());
    findings.add(java());
    findings.add(DaemonCheck.at(Path.of(DaemonCheck.SOCKET)));
    return findings;
  }

  private static Finding kernel() {
    String release = read("/proc/sys/kernel/osrelease").orElse("?");
    String arch = System.getProperty("os.arch");
    String found = "Linux " + release + ", " + arch;
    if (!arch.equals("amd64")) {
      return Finding.less(
          "kernel", found, "use an x86-64 machine: jmortem supports no other architecture");
    }
    String[] numbers = release.split("\\D+", 3);
    boolean isOld =
        numbers.length < 2
            || Integer.parseInt("0" + numbers[0]) * 1000 + Integer.parseInt("0" + numbers[1])
                < 5010;
    return isOld
        ? Finding.less("kernel", found, "use Linux 5.10 or later: kernel evidence requires it")
        : Finding.ok("kernel", found);
  }

  private static Finding btf() {
    return Files.isReadable(Path.of("/sys/kernel/btf/vmlinux"))
        ? Finding.ok("btf", "/sys/kernel/btf/vmlinux can be read")
        : Finding.less(
            "btf",
            "/sys/kernel/btf/vmlinux can't be read",
            "use a kernel built with CONFIG_DEBUG_INFO_BTF, and mount /sys in the container");
  }

  private static Finding userNamespace() {
    String namespace;
    try {
      namespace = Files.readSymbolicLink(Path.of("/proc/self/ns/user")).toString();
    } catch (IOException e) {
      return Finding.unknown("user namespace", e.toString());
    }
    return namespace.equals(FIRST_USER_NS)
        ? Finding.ok("user namespace", "the initial one of the host")
        : Finding.less(
            "user namespace",
            "not the host's initial one: BPF is not allowed in it, whatever capabilities it shows",
            "on the host, run: sudo jmortem watch PID (this is a rootless container, or a service"
                + " with PrivateUsers=yes)");
  }

  private Finding capabilities() {
    long effective = Long.parseUnsignedLong(self.fields().getOrDefault("CapEff", "0"), 16);
    List<String> missing = new ArrayList<>();
    addMissing(missing, effective, CAP_BPF, "CAP_BPF");
    addMissing(missing, effective, CAP_PERFMON, "CAP_PERFMON");
    addMissing(missing, effective, CAP_SYS_PTRACE, "CAP_SYS_PTRACE");
    boolean isAdmin = (effective & 1L << CAP_SYS_ADMIN) != 0;
    if (isAdmin) {
      missing.remove("CAP_BPF");
      missing.remove("CAP_PERFMON");
    }
    String user = "uid " + self.first("Uid").orElse("?");
    if (missing.isEmpty()) {
      return Finding.ok("capabilities", user + " with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE");
    }
    String found = user + " without " + String.join(", ", missing);
    return hasInstalledHelper
        ? Finding.ok("capabilities", found + "; the installed helper may have file capabilities")
        : Finding.less("capabilities", found, fixOfCapabilities());
  }

  private static void addMissing(List<String> missing, long effective, int bit, String name) {
    if ((effective & 1L << bit) == 0) {
      missing.add(name);
    }
  }

  private static String fixOfCapabilities() {
    if (System.getenv("KUBERNETES_SERVICE_HOST") != null) {
      return "jmortem doctor --advice kubernetes";
    }
    if (isContainer()) {
      return "jmortem doctor --advice docker";
    }
    if (System.getenv("INVOCATION_ID") != null) {
      return "jmortem doctor --advice systemd";
    }
    return "use sudo, or install a helper with file capabilities: jmortem doctor --advice setcap";
  }

  private static boolean isContainer() {
    return Files.exists(Path.of("/.dockerenv")) || Files.exists(Path.of("/run/.containerenv"));
  }

  private Finding noNewPrivileges() {
    if (!self.fields().getOrDefault("NoNewPrivs", "0").equals("1")) {
      return Finding.ok("no_new_privs", "not set");
    }
    return hasInstalledHelper
        ? Finding.less(
            "no_new_privs",
            "set: the kernel ignores the file capabilities of an installed helper",
            "Kubernetes: allowPrivilegeEscalation: true; systemd: NoNewPrivileges=no, and no"
                + " setting that implies it")
        : Finding.ok("no_new_privs", "set; it matters only for an installed helper");
  }

  private Finding seccomp() {
    return switch (self.fields().getOrDefault("Seccomp", "?")) {
      case "0" -> Finding.ok("seccomp", "no filter");
      case "2" ->
          Finding.less(
              "seccomp",
              "a filter is set; it may refuse bpf(2), perf_event_open(2) or ptrace(2)",
              "if the level is too low: jmortem doctor --advice docker (or systemd)");
      default -> Finding.unknown("seccomp", "not shown in /proc/self/status");
    };
  }

  private static Finding yama() {
    String path = "/proc/sys/kernel/yama/ptrace_scope";
    String scope = read(path).orElse("none");
    return switch (scope) {
      case "none" -> Finding.ok("yama", "not enabled in this kernel");
      case "0" -> Finding.ok("yama", "ptrace_scope 0: a user may trace his own processes");
      case "1" ->
          Finding.less(
              "yama",
              "ptrace_scope 1: without CAP_SYS_PTRACE, the agent must permit its helper to trace"
                  + " the JVM (it does so through JNA), and watch and run get no stacks",
              "sudo sysctl -w kernel.yama.ptrace_scope=0, or run as root");
      default ->
          Finding.less(
              "yama",
              "ptrace_scope " + scope + ": no stacks without CAP_SYS_PTRACE",
              scope.equals("3")
                  ? "nothing until the next boot: ptrace_scope 3 can't be changed"
                  : "sudo sysctl -w kernel.yama.ptrace_scope=0, or run as root");
    };
  }

  private static Finding lockdown() {
    Optional<String> modes = read("/sys/kernel/security/lockdown");
    if (modes.isEmpty()) {
      return Finding.unknown(
          "lockdown", "securityfs is not mounted, or this kernel has no lockdown");
    }
    return modes.get().contains("[confidentiality]")
        ? Finding.less(
            "lockdown",
            "confidentiality: BPF may not read kernel memory, so no kernel evidence is available",
            "boot with lockdown=integrity, or without Secure Boot")
        : Finding.ok("lockdown", modes.get());
  }

  private static Finding pidNamespace() {
    String namespace;
    try {
      namespace = Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
    } catch (IOException e) {
      return Finding.unknown("pid namespace", e.toString());
    }
    return namespace.equals(FIRST_PID_NS)
        ? Finding.ok("pid namespace", "the initial one of the host")
        : Finding.ok(
            "pid namespace",
            "of a container, which ends with its first process: make `jmortem run --` or an init"
                + " the first process, not the JVM");
  }

  /** The helper is unpacked and started in this directory. */
  private static Finding temporary() {
    Path directory = HelperConfiguration.temporaryDirectory();
    if (!Files.isWritable(directory)) {
      return Finding.less("tmp", directory + " can't be written", "set -Djava.io.tmpdir=DIR");
    }
    return read("/proc/self/mountinfo")
            .map(mounts -> optionsOf(directory, mounts))
            .orElse("")
            .contains("noexec")
        ? Finding.less(
            "tmp",
            directory + " is mounted noexec: the helper must be started from another directory",
            "set -Djava.io.tmpdir=DIR, or install a helper: jmortem doctor --advice setcap")
        : Finding.ok("tmp", directory + " is writable, and programs can be executed from it");
  }

  /**
   * The options of the mount that a directory is on: the last and deepest one above it (proc(5)).
   */
  private static String optionsOf(Path directory, String mounts) {
    String options = "";
    int depth = -1;
    for (String line : mounts.lines().toList()) {
      List<String> fields = List.of(line.split(" ", -1));
      if (fields.size() > 5
          && directory.startsWith(fields.get(4))
          && Path.of(fields.get(4)).getNameCount() >= depth) {
        depth = Path.of(fields.get(4)).getNameCount();
        options = fields.get(5);
      }
    }
    return options;
  }

  private Finding disk() {
    Path at = reports;
    while (at != null && !Files.isDirectory(at)) {
      at = at.getParent();
    }
    if (at == null) {
      return Finding.less("disk", reports + " can't be created", "use another directory: dir=DIR");
    }
    try {
      FileStore store = Files.getFileStore(at);
      long free = store.getUsableSpace();
      String found = reports + ", " + (free >> 20) + " MiB free";
      if (!Files.isWritable(at)) {
        return Finding.less(
            "disk",
            at + " can't be written: reports go to the temporary directory",
            "use another directory: dir=DIR");
      }
      Optional<String> refusal = at.equals(reports) ? ReportStore.refusal(at) : Optional.empty();
      if (refusal.isPresent()) {
        return Finding.less(
            "disk",
            refusal.get(),
            "use a directory that only this user can write, such as dir="
                + reports.resolve("reports"));
      }
      return free < NEEDED_BYTES
          ? Finding.less(
              "disk", found, "free some space: a report takes some 2 MiB, more with many threads")
          : Finding.ok("disk", found);
    } catch (IOException e) {
      return Finding.unknown("disk", e.toString());
    }
  }

  private static Finding java() {
    String found =
        System.getProperty("java.vm.name")
            + " "
            + System.getProperty("java.runtime.version")
            + " in "
            + System.getProperty("java.home");
    if (!Files.exists(Path.of(System.getProperty("java.home"), "lib/server/libjvm.so"))) {
      return Finding.less("java", found, "use a HotSpot JVM");
    }
    return ModuleLayer.boot().findModule("java.instrument").isPresent()
        ? Finding.ok("java", found)
        : Finding.less(
            "java",
            found + ", without module java.instrument",
            "use jmortem watch or run, which need no agent; or run jlink with --add-modules"
                + " java.instrument");
  }
}
