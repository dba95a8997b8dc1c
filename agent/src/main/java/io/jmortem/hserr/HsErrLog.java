// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a log says. Text that it lacks is null, lists are empty.
 *
 * @param headline the line that names the error, such as {@code SIGSEGV (0xb) at pc=...}
 * @param message what the VM adds to an error that is no signal
 * @param signo of the signal, or 0
 * @param pid in the process's pid namespace, or -1
 * @param tid of the thread that failed, in the same, or -1
 * @param problematicFrame as printed
 * @param currentThread null where it is not known, or no thread of the VM's
 * @param isNativeThread whether the log says that the current thread is none of the VM's
 * @param currentCompileTask what the compiler thread compiled, as printed
 * @param siginfo as printed
 * @param nativeFrames of the current thread, newest first; Java's among them
 * @param javaFrames of the current thread, newest first; of another where {@code processed} says so
 * @param processed the tid of the thread that the VM thread was processing, or -1: the frames of
 *     Java are that one's
 * @param vmArguments {@code jvm_args}, {@code java_command} and so on
 * @param elapsedSeconds the JVM's age, or -1
 * @param errors lines in which the VM says that it failed to report something
 * @param complete whether the log has its end
 * @param hasStack whether the stacks that it has are whole, or it has gone on without any: a log
 *     that was cut off before has the first frames at most
 * @param outOfMemory whether the VM says so: there was no native memory left
 */
public record HsErrLog(
    @Nullable String headline,
    @Nullable String message,
    int signo,
    long pid,
    long tid,
    @Nullable String jreVersion,
    @Nullable String javaVm,
    @Nullable String problematicFrame,
    @Nullable HsErrThread currentThread,
    boolean isNativeThread,
    @Nullable String currentCompileTask,
    @Nullable String siginfo,
    List<HsErrFrame> nativeFrames,
    List<HsErrFrame> javaFrames,
    long processed,
    Map<String, String> registers,
    List<HsErrThread> threads,
    Map<String, String> vmArguments,
    double elapsedSeconds,
    List<String> errors,
    HsErrDetails details,
    boolean complete,
    boolean hasStack,
    boolean outOfMemory) {

  private static final Pattern CODE = Pattern.compile("\\bsi_code[:=] ?(-?\\d{1,9})(?!\\w)");

  private static final Pattern ADDRESS =
      Pattern.compile("\\bsi_addr[:=] ?0x(\\p{XDigit}{1,16})(?!\\w)");

  /** Whether the VM ran out of native memory. */
  public boolean isOutOfMemory() {
    return outOfMemory
        || (headline != null && headline.startsWith("Out of Memory Error"))
        || (message != null && message.startsWith("Native memory allocation"));
  }

  /** The kernel's number of the thread that failed, in the process's pid namespace; or null. */
  public @Nullable Integer failedThread() {
    long id = currentThread != null ? currentThread.id() : tid;
    return id > 0 && id <= Integer.MAX_VALUE ? (Integer) (int) id : null;
  }

  /** Whether all is there that the VM says of a signal, who has sent it included. */
  public boolean hasSiginfo() {
    return complete || (siginfo != null && !siginfo.endsWith(LogLines.CUT));
  }

  /** {@code si_code} of the signal; null if it is not known. */
  public @Nullable Integer signalCode() {
    Matcher matcher = CODE.matcher(siginfo == null ? "" : siginfo);
    return matcher.find() ? Integer.valueOf(matcher.group(1)) : null;
  }

  /** {@code si_addr} of the signal, in as few digits as it takes; null if it is not known. */
  public @Nullable String faultAddress() {
    Matcher matcher = ADDRESS.matcher(siginfo == null ? "" : siginfo);
    return matcher.find()
        ? "0x" + Long.toHexString(Long.parseUnsignedLong(matcher.group(1), 16))
        : null;
  }

  /**
   * The current thread's frames. The VM prints two stacks, either of which may end early or skip
   * what it does not know: one of all code, and one of Java alone. Where the second knows more of
   * Java, that is taken from there.
   */
  public List<HsErrFrame> frames() {
    List<HsErrFrame> java = processed < 0 ? javaFrames : List.of();
    List<HsErrFrame> mixed = mixedFrames();
    if (count(mixed) >= count(java)) {
      return mixed.isEmpty() ? java : mixed;
    }
    List<HsErrFrame> top = topFrames();
    List<HsErrFrame> all = new ArrayList<>(top);
    java.stream().dropWhile(frame -> !top.isEmpty() && !frame.isJava()).forEach(all::add);
    mixed.stream()
        .skip(top.size())
        .filter(frame -> !frame.isJava() && frame.kind() != HsErrFrame.Kind.STUB)
        .forEach(all::add);
    return all;
  }

  /** Those of all code; the one that failed is also in the head, and may be in there alone. */
  private List<HsErrFrame> mixedFrames() {
    return nativeFrames.isEmpty() && problematicFrame != null
        ? HsErrFrame.parse(problematicFrame).stream().toList()
        : nativeFrames;
  }

  private static long count(List<HsErrFrame> frames) {
    return frames.stream().filter(HsErrFrame::isJava).count();
  }

  /** What the current thread was in when it failed: the frames above Java's. */
  public List<HsErrFrame> topFrames() {
    return mixedFrames().stream().takeWhile(frame -> !frame.isJava() && !isEntry(frame)).toList();
  }

  /** Through which the VM calls Java. */
  private static boolean isEntry(HsErrFrame frame) {
    String function = frame.function() == null ? "" : frame.function();
    return function.startsWith("JavaCalls::") || function.endsWith("call_stub");
  }
}
