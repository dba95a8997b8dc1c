// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.elf.CxxName;
import io.jmortem.report.Report;
import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.ThreadInfo;
import io.jmortem.verdict.Verdict;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What deaths of the same kind have in common: the category, the signal, the kind from the verdict,
 * and names of frames. It has no addresses, offsets, line numbers, or numbers of lambdas, thread
 * pools and temporary files.
 *
 * @param text one line for a reader: where the process died, and the application's methods above
 * @param fingerprint a hash of the text, 16 hexadecimal digits; empty if nothing distinguishes this
 *     death from others of its category
 */
record Signature(String text, Optional<String> fingerprint) {

  private static final int JAVA_FRAMES = 3;
  private static final int FINGERPRINT_BYTES = 8;
  private static final Pattern OFFSET = Pattern.compile("\\+0x\\p{XDigit}+");

  /** Classes that are made at run time; the order in which they are made differs. */
  private static final Pattern HIDDEN_CLASS =
      Pattern.compile("(\\$\\$Lambda)[^.]*|[/+]0x\\p{XDigit}+|(?<=\\$Proxy|Accessor|\\$\\$)\\d+$");

  /** The C and C++ libraries act for their callers: the place is in the caller. */
  private static final Pattern RUNTIME_LIBRARY =
      Pattern.compile(
          "(?:libc|libstdc\\+\\+|libc\\+\\+|libc\\+\\+abi|libgcc_s|libpthread|ld-linux.*|ld-musl.*|libc\\.musl.*)"
              + "(?:-[\\d.]+)?\\.so.*|\\[vdso\\]");

  /** Classes through which a call to end the VM passes. */
  private static final Set<String> ENDERS =
      Set.of(
          "java.lang.Shutdown",
          "java.lang.Runtime",
          "java.lang.System",
          "jdk.internal.foreign.abi.SharedUtils");

  /** Functions of libjvm that report any error. */
  private static final Pattern REPORTING =
      Pattern.compile("VMError::.*|report_.*|os::(?:abort|die|exit|_exit).*|jvm_abort|vm_exit.*");

  /**
   * Makes the signature of a death.
   *
   * @param jvm what the JVM ran; used if the death came from outside, or is an exit
   * @param hasStack whether all frames of the crashed thread are known; if some are missing, the
   *     place may be wrong
   */
  static Signature of(
      Verdict verdict,
      Optional<String> signal,
      Optional<ThreadInfo> crashed,
      String jvm,
      boolean hasStack) {
    List<Frame> frames = crashed.map(ThreadInfo::frames).orElse(List.of());
    List<String> parts = new ArrayList<>();
    verdict.kind().ifPresent(parts::add);
    Optional<Frame> place = place(frames, verdict.category());
    place.map(Signature::name).ifPresent(parts::add);
    int above = place.map(found -> frames.indexOf(found) + 1).orElse(0);
    List<Frame> callers =
        frames.stream().skip(above).filter(frame -> frame.className() != null).toList();
    List<Frame> inApp =
        callers.stream().filter(frame -> Boolean.TRUE.equals(frame.inApp())).toList();
    (inApp.isEmpty() ? callers : inApp)
        .stream().limit(JAVA_FRAMES).map(Signature::name).forEach(parts::add);
    if (frames.isEmpty() && !parts.isEmpty() && !jvm.isEmpty() && isFromOutside(verdict)) {
      parts.add(jvm);
    }
    String text =
        Stream.concat(
                Stream.of(verdict.category() + signal.map(name -> " " + name).orElse("")),
                parts.stream())
            .collect(Collectors.joining(" | "));
    boolean isWhole = hasStack || (frames.isEmpty() && isFromOutside(verdict));
    boolean isKnown = isWhole && !parts.isEmpty();
    return new Signature(text, isKnown ? Optional.of(digest(text)) : Optional.empty());
  }

  private static boolean isFromOutside(Verdict verdict) {
    return switch (verdict.category()) {
      case KILLED, OOM_KILLED, EXIT, CLEAN -> true;
      default -> false;
    };
  }

  /**
   * The newest frame that does not only act for its caller. For a VM error, it is a Java frame,
   * because the VM reaches the same error on many paths.
   */
  private static Optional<Frame> place(List<Frame> frames, Report.Category category) {
    boolean wantsJava = category == Report.Category.VM_ERROR;
    boolean hasJava = frames.stream().anyMatch(frame -> frame.className() != null);
    return frames.stream()
        .filter(frame -> frame.className() != null || !(wantsJava && hasJava))
        .filter(frame -> !isMessenger(frame, category))
        .findFirst()
        .filter(frame -> frame.className() != null || frame.function() != null);
  }

  private static boolean isMessenger(Frame frame, Report.Category category) {
    if (frame.className() != null) {
      return category == Report.Category.EXIT && ENDERS.contains(frame.className());
    }
    String path = frame.path() == null ? "" : frame.path();
    String function = frame.function() == null ? "" : frame.function();
    if ("vm".equals(frame.type())) {
      // libjvm calls abort() or exit() for its caller
      return category == Report.Category.NATIVE_ABORT
          || category == Report.Category.EXIT
          || REPORTING.matcher(function).lookingAt();
    }
    return RUNTIME_LIBRARY.matcher(path.substring(path.lastIndexOf('/') + 1)).matches();
  }

  private static String name(Frame frame) {
    if (frame.className() != null) {
      return HIDDEN_CLASS.matcher(frame.className()).replaceAll("$1") + "." + frame.method();
    }
    String library = frame.path() == null ? "" : LibraryName.stable(frame.path());
    String function = frame.function() == null ? "?" : frame.function();
    // in a stripped library only the offset is known; it is the same for the same build
    String plain = function.startsWith("+") ? function : OFFSET.matcher(function).replaceAll("");
    if (!library.isEmpty()) {
      plain = CxxName.withoutTemplates(plain);
    }
    return library.isEmpty() ? plain : library + "!" + plain;
  }

  private static String digest(String signature) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(signature.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, FINGERPRINT_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
