// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.elf.BuildId;
import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.MemoryMap;
import io.jmortem.proc.Numbers;
import io.jmortem.proc.ProcessFiles;
import io.jmortem.proc.StatusFile;
import io.jmortem.proc.TargetFile;
import io.jmortem.proc.UndecodedBytes;
import io.jmortem.redact.Redactor;
import io.jmortem.report.Report;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/** Facts about the process from the copied files: identity, VM, files and limits. */
final class ProcessFacts {

  /** {@code sysconf(_SC_CLK_TCK)}, which is constant in Linux's user-space interface. */
  private static final long NANOS_PER_TICK = 10_000_000;

  private static final int STAT_START_TIME = 22;

  /** A limit on the number of modules, because each file must be opened. */
  private static final int MAX_BUILD_IDS = 2000;

  private final Evidence evidence;
  private final ProcessFiles files;
  private final MemoryMap memoryMap;
  private final List<String> arguments;

  ProcessFacts(Evidence evidence, Redactor redactor, ProcessFiles files) {
    this.evidence = evidence;
    this.files = files;
    this.memoryMap = MemoryMap.parse(evidence.procFile("maps").orElse(""));
    this.arguments =
        redactor.arguments(commandLine(evidence)).stream().map(UndecodedBytes::shown).toList();
  }

  /** The arguments of the process's command line. */
  static List<String> commandLine(Evidence evidence) {
    String text = evidence.procFile("cmdline").orElse("");
    return text.isEmpty()
        ? List.of()
        : Arrays.asList(
            (text.endsWith("\0") ? text.substring(0, text.length() - 1) : text).split("\0", -1));
  }

  /** The pid in the process's own pid namespace, or 0. */
  static long vpid(Evidence evidence) {
    return evidence
        .procFile("status")
        .map(text -> StatusFile.parse(text).lastNumber("NStgid"))
        .filter(OptionalLong::isPresent)
        .map(OptionalLong::getAsLong)
        .or(() -> evidence.first(Event.Armed.class).map(armed -> (long) armed.pid()))
        .orElse(0L);
  }

  MemoryMap memoryMap() {
    return memoryMap;
  }

  Report.Jvm jvm(Optional<HsErrLog> hsErr) {
    Optional<MemoryMap.Mapping> libjvm =
        memoryMap.mappings().stream()
            .filter(mapping -> mapping.isFile() && mapping.path().endsWith("/libjvm.so"))
            .findFirst();
    return new Report.Jvm(
        hsErr.map(HsErrLog::jreVersion).or(() -> libjvm.flatMap(this::releaseVersion)).orElse(null),
        hsErr.map(HsErrLog::javaVm).orElse(null),
        libjvm.map(ProcessFacts::home).orElse(null),
        arguments,
        hsErr
            .map(HsErrLog::elapsedSeconds)
            .filter(seconds -> seconds >= 0)
            .map(seconds -> (long) (seconds * 1000))
            .orElse(null));
  }

  /** The directory above {@code lib/server}; in JDK 8, above {@code lib/amd64/server}. */
  private static String home(MemoryMap.Mapping libjvm) {
    String lib = parent(parent(libjvm.path()));
    return parent(lib.endsWith("/lib") ? lib : parent(lib));
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(path.lastIndexOf('/'), 0));
  }

  /** The version in the JDK's file {@code release}, if the JDK was not replaced. */
  private Optional<String> releaseVersion(MemoryMap.Mapping libjvm) {
    if (head(libjvm).isEmpty()) {
      return Optional.empty();
    }
    return head(home(libjvm) + "/release", file -> true)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .flatMap(text -> text.lines().filter(line -> line.startsWith("JAVA_VERSION=")).findFirst())
        .map(line -> line.substring(line.indexOf('=') + 1).replace("\"", ""));
  }

  Map<String, Object> resource(String id) {
    Map<String, Object> resource = new LinkedHashMap<>();
    StatusFile status = StatusFile.parse(evidence.procFile("status").orElse(""));
    String cgroup = evidence.procFile("cgroup").orElse("");
    evidence.first(Event.Armed.class).ifPresent(armed -> resource.put("process.pid", armed.pid()));
    resource.put("process.vpid", (int) vpid(evidence));
    creationTime().ifPresent(time -> resource.put("process.creation.time", time.toString()));
    evidence.procFile("exe").ifPresent(exe -> resource.put("process.executable.path", exe));
    resource.put("process.command_line", String.join(" ", arguments));
    evidence
        .procFile("cwd")
        .map(UndecodedBytes::shown)
        .ifPresent(cwd -> resource.put("process.working_directory", cwd));
    status
        .first("Uid")
        .flatMap(uid -> Numbers.leading(uid).stream().boxed().findFirst())
        .ifPresent(uid -> resource.put("process.user.id", uid));
    threadCount(status).ifPresent(count -> resource.put("process.thread.count", count));
    status.number("VmRSS").ifPresent(rss -> resource.put("process.memory.rss_kib", rss));
    host(id).ifPresent(host -> resource.put("host.name", host));
    if (!cgroup.isBlank()) {
      resource.put("process.linux.cgroup", cgroup.strip());
    }
    PodFacts.addTo(resource, evidence);
    return resource;
  }

  /** At its exit a process has one thread; the others were recorded when they ended. */
  private OptionalLong threadCount(StatusFile status) {
    long seen =
        evidence
            .all(Event.ThreadState.class)
            .filter(thread -> !Event.Moments.REQUEST.equals(thread.moment()))
            .count();
    return seen > 0 ? OptionalLong.of(seen) : status.number("Threads");
  }

  /** The host's name, from the report's id (time, host, pid, random). */
  private static Optional<String> host(String id) {
    String[] parts = id.split("-", -1);
    return parts.length == 4 ? Optional.of(parts[1]) : Optional.empty();
  }

  /** The start time, from the clock ticks since boot in {@code /proc/PID/stat} (proc(5)). */
  private Optional<Instant> creationTime() {
    String stat = evidence.procFile("stat").orElse("");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    int index = STAT_START_TIME - 3; // the first field after the name is the third of all fields
    OptionalLong ticks =
        fields.length > index ? Numbers.leading(fields[index]) : OptionalLong.empty();
    Optional<Long> boot =
        evidence.first(Event.Armed.class).map(Event.Armed::bootUnixNano).filter(time -> time > 0);
    return ticks.isPresent() && boot.isPresent()
        ? Optional.of(Instant.ofEpochSecond(0, boot.get() + ticks.getAsLong() * NANOS_PER_TICK))
        : Optional.empty();
  }

  Map<String, Object> cgroup() {
    Map<String, Object> files = new LinkedHashMap<>();
    for (Event.CgroupFile file : evidence.all(Event.CgroupFile.class).toList()) {
      if (file.level() > 0) {
        continue; // the verdict reports on the cgroups above
      }
      String text = file.text() == null ? "" : file.text().strip();
      if (text.contains("\n") || text.contains(" ")) {
        Map<String, Object> values = new LinkedHashMap<>();
        text.lines()
            .map(line -> line.split(" ", 2))
            .filter(pair -> pair.length == 2)
            .forEach(pair -> values.put(pair[0], number(pair[1])));
        files.put(file.name(), values);
      } else {
        files.put(file.name(), number(text));
      }
    }
    return files;
  }

  private static Object number(String text) {
    OptionalLong number = Numbers.leading(text);
    return number.isPresent() && Long.toString(number.getAsLong()).equals(text)
        ? (Object) number.getAsLong()
        : text;
  }

  List<Report.Module> modules() {
    Map<String, Report.Module> modules = new LinkedHashMap<>();
    for (MemoryMap.Mapping mapping : memoryMap.mappings()) {
      if (mapping.isFile()
          && mapping.permissions().charAt(2) == 'x'
          && !modules.containsKey(mapping.path())) {
        modules.put(mapping.path(), module(mapping, modules.size() < MAX_BUILD_IDS));
      }
    }
    return List.copyOf(modules.values());
  }

  private Report.Module module(MemoryMap.Mapping mapping, boolean withBuildId) {
    return new Report.Module(
        mapping.path(),
        withBuildId ? head(mapping).flatMap(BuildId::read).orElse(null) : null,
        "0x" + Long.toHexString(mapping.start()),
        "0x" + Long.toHexString(mapping.end()));
  }

  /** Whether it is still the mapped file: it may have been replaced, or differ in a container. */
  private Optional<byte[]> head(MemoryMap.Mapping mapping) {
    return head(mapping.path(), file -> file.inode() == mapping.inode());
  }

  private Optional<byte[]> head(String named, Predicate<TargetFile> isMeant) {
    Optional<TargetFile> found = files.openHead(named);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (TargetFile file = found.get()) {
      return isMeant.test(file)
          ? Optional.of(file.content().readNBytes(ProcessFiles.HEAD))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The process's working directory in its own namespace; empty if it is unknown. */
  static String workingDirectory(Evidence evidence) {
    return evidence
        .procFile("cwd")
        .map(text -> text.replaceFirst("^\\(unreachable\\)", ""))
        .orElse("");
  }

  /** The real, effective, saved and file system uids; empty if they are unknown. */
  static Set<Long> users(Evidence evidence) {
    Set<Long> users = new HashSet<>();
    String ids =
        evidence
            .procFile("status")
            .map(text -> StatusFile.parse(text).fields().getOrDefault("Uid", ""))
            .orElse("");
    for (String id : ids.split("\\s+", -1)) {
      Numbers.leading(id).ifPresent(users::add);
    }
    return users;
  }
}
