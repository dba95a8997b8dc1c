// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import io.jmortem.hotspot.Frame;
import io.jmortem.hotspot.StackDump;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Everything that was recorded of one death, in the order of the file.
 *
 * @param events never null
 * @param problems lines that could not be read, one sentence each
 */
public record Evidence(List<Event> events, List<String> problems) {

  /** Classes of the JDK on the stack of a call that ends the VM. */
  private static final List<String> ENDERS =
      List.of("java.lang.Shutdown", "java.lang.Runtime", "java.lang.System");

  private static final List<String> PLATFORM =
      List.of("java.", "javax.", "jdk.", "sun.", "com.sun.");

  /** The events of one kind, in order. */
  public <E extends Event> Stream<E> all(Class<E> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast);
  }

  /** The first event of a kind that meets a condition. */
  public <E extends Event> Optional<E> first(Class<E> kind, Predicate<E> condition) {
    return all(kind).filter(condition).findFirst();
  }

  /** The first event of a kind. */
  public <E extends Event> Optional<E> first(Class<E> kind) {
    return first(kind, any -> true);
  }

  /** The last event of a kind. */
  public <E extends Event> Optional<E> last(Class<E> kind) {
    List<E> all = new ArrayList<>(all(kind).toList());
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  /** The newest text of a file of {@code /proc/PID} that is not empty. */
  public Optional<String> procFile(String name) {
    return all(Event.ProcFile.class)
        .filter(file -> name.equals(file.name()) && file.text() != null)
        .map(Event.ProcFile::text)
        .reduce((older, newer) -> newer.isBlank() ? older : newer);
  }

  /**
   * Java's name of a thread, if a walk found the thread. The kernel's name may differ, such as
   * "java" for "main". Of a virtual thread and its carrier, the crashed one is preferred.
   *
   * @param vtid the thread's number in the process's own pid namespace
   */
  public Optional<String> javaName(int vtid) {
    return stacksOfDeath()
        .or(this::stacksOfRequest)
        .map(Event.Stacks::dump)
        .flatMap(
            dump ->
                dump.threads().stream()
                    .filter(thread -> thread.nativeId() != null && thread.nativeId() == vtid)
                    .filter(thread -> thread.id() != null && !thread.name().isEmpty())
                    .min(Comparator.comparing(thread -> !thread.crashed())))
        .map(StackDump.ThreadDump::name);
  }

  /** The status as in wait(2); from the exit stop, if the end itself was not recorded. */
  public Optional<Integer> status() {
    return last(Event.Exit.class)
        .map(Event.Exit::status)
        .or(() -> last(Event.Exiting.class).map(Event.Exiting::status));
  }

  /** The stacks at the death, and not those at the SIGTERM. */
  public Optional<Event.Stacks> stacksOfDeath() {
    return lastStacks(false);
  }

  /** The stacks at the SIGTERM. */
  public Optional<Event.Stacks> stacksOfRequest() {
    return lastStacks(true);
  }

  /** Ignores walks that found no thread. */
  private Optional<Event.Stacks> lastStacks(boolean ofRequest) {
    return all(Event.Stacks.class)
        .filter(stacks -> Event.Moments.REQUEST.equals(stacks.moment()) == ofRequest)
        .filter(stacks -> !stacks.dump().threads().isEmpty())
        .reduce((older, newer) -> newer);
  }

  /** Whether BPF was loaded. */
  public boolean hasKernelEvidence() {
    return first(Event.Armed.class)
        .map(Event.Armed::probes)
        .map(probes -> !Boolean.FALSE.equals(probes.get("bpf")))
        .orElse(false);
  }

  /**
   * A Java thread that has called System.exit or Runtime.halt, and waits for the VM to do it.
   *
   * @param event the id of the event that shows it
   * @param isExit whether it was System.exit
   * @param caller the frame that called it, as in a stack trace; empty if it is not known
   * @param isUpcallException whether java.lang.foreign did, for an exception that left an upcall
   * @param application the newest frame that is neither the platform's nor made for it; empty if
   *     there is none
   */
  public record ExitCall(
      String event,
      int vtid,
      String name,
      boolean isExit,
      String caller,
      boolean isUpcallException,
      String application) {}

  /** The thread that ends the process in an orderly way: there is one at most. */
  public Optional<ExitCall> exitCall() {
    return stacksOfDeath()
        .flatMap(
            stacks ->
                stacks.dump().threads().stream()
                    .filter(thread -> thread.nativeId() != null && isHalting(thread))
                    .findFirst()
                    .map(thread -> exitCall(stacks.id(), thread)));
  }

  /** Whether the stacks at the death show a thread in java.lang.Shutdown. */
  public boolean isShuttingDown() {
    return stacksOfDeath()
        .map(
            stacks ->
                stacks.dump().threads().stream()
                    .flatMap(thread -> thread.frames().stream())
                    .anyMatch(frame -> "java.lang.Shutdown".equals(frame.className())))
        .orElse(false);
  }

  private static boolean isHalting(StackDump.ThreadDump thread) {
    return thread.frames().stream()
        .limit(2) // a frame of native code may be on top
        .anyMatch(
            frame ->
                "java.lang.Shutdown".equals(frame.className()) && "halt0".equals(frame.method()));
  }

  private static boolean isOfThePlatform(Frame frame) {
    String className = frame.className();
    return className != null && PLATFORM.stream().anyMatch(className::startsWith);
  }

  private static ExitCall exitCall(String event, StackDump.ThreadDump thread) {
    Optional<Frame> caller =
        thread.frames().stream()
            .filter(frame -> frame.className() != null)
            .dropWhile(frame -> ENDERS.contains(frame.className()))
            .findFirst();
    boolean isExit =
        thread.frames().stream()
            .anyMatch(frame -> ENDERS.contains(frame.className()) && "exit".equals(frame.method()));
    Optional<Frame> application =
        thread.frames().stream()
            .filter(frame -> frame.className() != null)
            .filter(frame -> !isOfThePlatform(frame))
            .findFirst();
    return new ExitCall(
        event,
        thread.nativeId() == null ? 0 : thread.nativeId(),
        thread.name(),
        isExit,
        caller.map(Evidence::place).orElse(""),
        caller
            .filter(frame -> "jdk.internal.foreign.abi.SharedUtils".equals(frame.className()))
            .filter(frame -> "handleUncaughtException".equals(frame.method()))
            .isPresent(),
        application.map(Evidence::place).orElse(""));
  }

  /** As in a stack trace. */
  private static String place(Frame frame) {
    String line = frame.line() > 0 ? ":" + frame.line() : "";
    return frame.className()
        + "."
        + frame.method()
        + (frame.file() == null ? "" : "(" + frame.file() + line + ")");
  }

  /** Why HotSpot left no log in a file; empty if the reason is not known. */
  public Optional<String> noLog() {
    return problems(Event.Parts.HS_ERR).map(Event.Problem::what).findFirst();
  }

  /** What could not be done or read of one of {@link Event.Parts}. */
  public Stream<Event.Problem> problems(String part) {
    return all(Event.Problem.class).filter(problem -> part.equals(problem.part()));
  }

  /** The configuration of the helper; empty if it was not armed. */
  public Optional<Event.Options> options() {
    return first(Event.Armed.class).map(Event.Armed::options);
  }

  /** What the JVM said to the daemon; empty if it has no agent, or a helper of its own. */
  private Optional<Event.Told> told() {
    return last(Event.Told.class);
  }

  /** Which ends have a report, as in {@link Event.Options}; empty if it is not known. */
  public Optional<String> onExit() {
    return told().map(Event.Told::onExit).or(() -> options().map(Event.Options::onExit));
  }

  /** The VM's options that its environment holds, such as {@code -XX:ErrorFile=...}. */
  public List<String> vmOptions() {
    return told()
        .map(Event.Told::vmOptions)
        .or(() -> options().map(Event.Options::vmOptions))
        .map(String::lines)
        .stream()
        .flatMap(lines -> lines)
        .toList();
  }

  /** A value of the options that are the reporter's alone; empty if there is none. */
  public String reportOption(String key) {
    return told()
        .map(Event.Told::reportOptions)
        .flatMap(lines -> value(lines, key))
        .or(() -> options().map(Event.Options::reportOptions).flatMap(lines -> value(lines, key)))
        .orElse("");
  }

  /**
   * A value of such options; empty if there is none.
   *
   * @param lines {@code key=value} lines
   */
  public static String reportOption(String lines, String key) {
    return value(lines, key).orElse("");
  }

  private static Optional<String> value(String lines, String key) {
    return lines
        .lines()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst();
  }
}
