// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The content of a log. Missing text is null, missing lists are empty.
 *
 * @param headline the line that names the error, such as {@code SIGSEGV (0xb) at pc=...}
 * @param message the VM's message for an error that is not a signal
 * @param signo the signal, or 0
 * @param pid in the process's pid namespace, or -1
 * @param tid of the thread that failed, in the same namespace, or -1
 * @param problematicFrame as printed
 * @param currentThread null if it is unknown, or not attached to the VM
 * @param isNativeThread whether the log says that the current thread is not attached to the VM
 * @param currentCompileTask what the compiler thread compiled, as printed
 * @param siginfo as printed
 * @param nativeFrames frames of the current thread, newest first, including Java frames
 * @param javaFrames Java frames of the current thread, or of {@code processed}, newest first
 * @param processed the tid of the thread that the VM thread was processing, or -1; the Java frames
 *     belong to that thread
 * @param vmArguments {@code jvm_args}, {@code java_command} and so on
 * @param elapsedSeconds the JVM's age, or -1
 * @param errors lines about failures of the error report itself
 * @param complete whether the log is complete
 * @param hasStack whether the log continues after the stacks; a log that was cut off earlier has at
 *     most the first frames
 * @param outOfMemory whether the log says that native memory ran out
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

  /** The tid of the thread that failed, in the process's pid namespace; or null. */
  public @Nullable Integer failedThread() {
    long id = currentThread != null ? currentThread.id() : tid;
    return id > 0 && id <= Integer.MAX_VALUE ? (Integer) (int) id : null;
  }

  /** Whether the log has the full siginfo of the signal, including the sender. */
  public boolean hasSiginfo() {
    return complete || (siginfo != null && !siginfo.endsWith(LogLines.CUT));
  }

  /** {@code si_code} of the signal; null if it is unknown. */
  public @Nullable Integer signalCode() {
    Matcher matcher = CODE.matcher(siginfo == null ? "" : siginfo);
    return matcher.find() ? Integer.valueOf(matcher.group(1)) : null;
  }

  /** {@code si_addr} of the signal, without leading zeros; null if it is unknown. */
  public @Nullable String faultAddress() {
    Matcher matcher = ADDRESS.matcher(siginfo == null ? "" : siginfo);
    return matcher.find()
        ? "0x" + Long.toHexString(Long.parseUnsignedLong(matcher.group(1), 16))
        : null;
  }

  /**
   * The current thread's frames. The VM prints two stacks: one of all code, and one of Java code.
   * Each may end early or skip frames. If the second stack has more Java frames, they are taken
   * from it.
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

  /** The frames of all code. The failed frame is also in the header, perhaps only there. */
  private List<HsErrFrame> mixedFrames() {
    return nativeFrames.isEmpty() && problematicFrame != null
        ? HsErrFrame.parse(problematicFrame).stream().toList()
        : nativeFrames;
  }

  private static long count(List<HsErrFrame> frames) {
    return frames.stream().filter(HsErrFrame::isJava).count();
  }

  /** The newest frames of the current thread, above its Java frames. */
  public List<HsErrFrame> topFrames() {
    return mixedFrames().stream().takeWhile(frame -> !frame.isJava() && !isEntry(frame)).toList();
  }

  /** Functions through which the VM calls Java code. */
  private static boolean isEntry(HsErrFrame frame) {
    String function = frame.function() == null ? "" : frame.function();
    return function.startsWith("JavaCalls::") || function.endsWith("call_stub");
  }
}
