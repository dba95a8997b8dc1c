// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.util.List;
import java.util.Map;

/**
 * What a log says. Text that it lacks is null, lists are empty.
 *
 * @param headline the line that names the error, such as {@code SIGSEGV (0xb) at pc=...}
 * @param message what the VM adds to an error that is no signal
 * @param signo of the signal, or 0
 * @param pid in the process's pid namespace, or -1
 * @param problematicFrame as printed
 * @param currentThread null where it is not known, or no thread of the VM's
 * @param currentCompileTask what the compiler thread compiled, as printed
 * @param siginfo as printed
 * @param nativeFrames of the current thread, newest first; Java's among them
 * @param javaFrames of the current thread, newest first
 * @param vmArguments {@code jvm_args}, {@code java_command} and so on
 * @param elapsedSeconds the JVM's age, or -1
 * @param errors lines in which the VM says that it failed to report something
 * @param complete whether the log has its end
 */
public record HsErrLog(
    String headline,
    String message,
    int signo,
    long pid,
    String jreVersion,
    String javaVm,
    String problematicFrame,
    HsErrThread currentThread,
    String currentCompileTask,
    String siginfo,
    List<HsErrFrame> nativeFrames,
    List<HsErrFrame> javaFrames,
    Map<String, String> registers,
    List<HsErrThread> threads,
    Map<String, String> vmArguments,
    double elapsedSeconds,
    List<String> errors,
    boolean complete) {

  /** Whether the VM ran out of native memory. */
  public boolean isOutOfMemory() {
    return (headline != null && headline.startsWith("Out of Memory Error"))
        || (message != null && message.startsWith("Native memory allocation"));
  }

  /** The frames to show: the longer of the two stacks, since either may be missing. */
  public List<HsErrFrame> frames() {
    return nativeFrames.isEmpty() ? javaFrames : nativeFrames;
  }
}
