// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.live;

import io.jmortem.cli.UserError;
import io.jmortem.proc.LauncherArguments;
import io.jmortem.proc.ProcessFiles;
import io.jmortem.proc.StatusFile;
import io.jmortem.report.TerminalText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A running process, as {@code /proc} describes it (proc(5)). This class sends nothing to it: the
 * signal that begins an attach would end a process that is not a JVM.
 */
public final class LiveProcess {

  private static final int SIGQUIT = 3;

  private final long pid;
  private final Path proc;
  private final StatusFile status;
  private final String maps;

  private LiveProcess(long pid, StatusFile status, String maps) {
    this.pid = pid;
    this.proc = proc(pid);
    this.status = status;
    this.maps = maps;
  }

  private static Path proc(long pid) {
    return Path.of("/proc", Long.toString(pid));
  }

  /**
   * Finds a HotSpot JVM that this user may read.
   *
   * @throws UserError if the process is not such a JVM
   */
  public static LiveProcess jvm(long pid) throws UserError {
    if (pid <= 0) {
      throw new UserError(pid + " is not a pid; a pid is a whole number above 0");
    }
    StatusFile status = readStatus(pid);
    long tgid = status.number("Tgid").orElse(pid);
    if (tgid != pid) {
      throw new UserError(pid + " is a thread of process " + tgid + "; use the pid of the process");
    }
    String name = pid + " (" + TerminalText.line(status.fields().getOrDefault("Name", "?")) + ")";
    if (isInState(status, "ZX")) {
      throw new UserError("process " + name + " has already ended");
    }
    LiveProcess process = new LiveProcess(pid, status, readMaps(pid, name, status));
    if (process.maps.contains("/libj9vm")) {
      throw new UserError("process " + name + " is an OpenJ9 JVM; jmortem supports only HotSpot");
    }
    if (!process.maps.contains("/libjvm.so")) {
      throw new UserError(
          "process "
              + name
              + " is not a HotSpot JVM: it has no libjvm.so; `jps -l` or `pgrep -a java` list"
              + " JVMs");
    }
    return process;
  }

  private static StatusFile readStatus(long pid) throws UserError {
    try {
      return StatusFile.parse(
          Files.readString(proc(pid).resolve("status"), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new UserError("there is no process " + pid, e);
    }
  }

  private static String readMaps(long pid, String name, StatusFile status) throws UserError {
    try {
      return Files.readString(proc(pid).resolve("maps"), StandardCharsets.ISO_8859_1);
    } catch (AccessDeniedException e) {
      long user = id(status, "Uid");
      throw new UserError(
          "process "
              + name
              + " belongs to user "
              + user
              + ", or the kernel denies access to it; run this command as that user, or as root",
          e);
    } catch (NoSuchFileException e) {
      throw new UserError("process " + pid + " has already ended", e);
    } catch (IOException e) {
      throw new UserError("process " + name + " has already ended", e);
    }
  }

  private static boolean isInState(StatusFile status, String states) {
    String state = status.fields().getOrDefault("State", "");
    return !state.isEmpty() && states.indexOf(state.charAt(0)) >= 0;
  }

  /** The effective id: the second of the four numbers of "Uid:" or "Gid:". */
  private static long id(StatusFile status, String key) {
    String[] ids = status.fields().getOrDefault(key, "").split("\\s+", -1);
    return ids.length < 2 ? -1 : Long.parseLong(ids[1]);
  }

  /** The pid in our own pid namespace. */
  public long pid() {
    return pid;
  }

  /** The pid in the process's own pid namespace. */
  public long vpid() {
    return status.lastNumber("NSpid").orElse(pid);
  }

  public long user() {
    return id(status, "Uid");
  }

  public long group() {
    return id(status, "Gid");
  }

  /** What the user can do if the JVM refuses agents. */
  String watchAdvice() {
    return "watch it from outside: jmortem watch " + pid;
  }

  /** Whether a process with this pid still exists. */
  public boolean exists() {
    return Files.exists(proc);
  }

  /** Whether it is stopped by SIGSTOP or by a debugger. */
  public boolean isStopped() {
    return isInState(status, "Tt");
  }

  /**
   * Whether it handles SIGQUIT, the signal that an attach sends first. A JVM that is still
   * starting, or was started with {@code -Xrs}, does not handle it and would end.
   */
  public boolean handlesSigquit() {
    try {
      StatusFile now =
          StatusFile.parse(Files.readString(proc.resolve("status"), StandardCharsets.ISO_8859_1));
      long bit = 1L << (SIGQUIT - 1);
      return (mask(now, "SigCgt") & bit) != 0 && (mask(now, "SigIgn") & bit) == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static long mask(StatusFile status, String key) {
    return Long.parseUnsignedLong(status.fields().getOrDefault(key, "0"), 16);
  }

  /** Its root directory; this path leads to the files as the process sees them. */
  public Path root() {
    return proc.resolve("root");
  }

  /** Whether a path means the same file for the process as for us. */
  public boolean sharesOurFiles() {
    try {
      return link("ns/mnt").equals(Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")))
          && rootIdentity(root().resolve(".")).equals(rootIdentity(Path.of("/")));
    } catch (IOException e) {
      return false;
    }
  }

  private static Map<String, Object> rootIdentity(Path root) throws IOException {
    return Files.readAttributes(root, "unix:dev,ino");
  }

  /** Whether a uid means the same user for the process as for us. */
  public boolean sharesOurUsers() {
    try {
      return link("ns/user").equals(Files.readSymbolicLink(Path.of("/proc/self/ns/user")));
    } catch (IOException e) {
      return false;
    }
  }

  private Path link(String name) throws IOException {
    return Files.readSymbolicLink(proc.resolve(name));
  }

  /** Its arguments; empty if it has ended. */
  public List<String> commandLine() {
    return words("cmdline");
  }

  /**
   * The VM options in effect: those before the main class on the command line, and those that the
   * environment adds. Options in argument files are missing: those files would have to be opened.
   */
  public List<String> vmOptions() {
    List<String> options =
        new ArrayList<>(LauncherArguments.vmOptions(commandLine(), ProcessFiles.NONE));
    for (String variable : words("environ")) {
      if (variable.startsWith("JAVA_TOOL_OPTIONS=")
          || variable.startsWith("_JAVA_OPTIONS=")
          || variable.startsWith("JDK_JAVA_OPTIONS=")) {
        options.addAll(List.of(variable.substring(variable.indexOf('=') + 1).split("\\s+")));
      }
    }
    return options;
  }

  private List<String> words(String file) {
    try {
      String text = Files.readString(proc.resolve(file), StandardCharsets.ISO_8859_1);
      return text.isEmpty() ? List.of() : List.of(text.split("\0"));
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Its pid and its command line, cut for a line on a terminal. */
  @Override
  public String toString() {
    String command = TerminalText.line(String.join(" ", commandLine()));
    return "process "
        + pid
        + " ("
        + (command.length() > 60 ? command.substring(0, 57) + "..." : command)
        + ")";
  }
}
