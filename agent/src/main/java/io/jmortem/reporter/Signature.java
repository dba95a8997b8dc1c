// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

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
import java.util.regex.Pattern;

/**
 * What the same crash has in common, run after run: category, signal and frames' names. No
 * addresses, offsets, lines or numbers of lambdas and thread pools.
 */
final class Signature {

  private static final int JAVA_FRAMES = 3;
  private static final int FINGERPRINT_BYTES = 8;
  private static final Pattern OFFSET = Pattern.compile("\\+0x\\p{XDigit}+");
  private static final Pattern HIDDEN_CLASS =
      Pattern.compile("(\\$\\$Lambda)[^.]*|[/+]0x\\p{XDigit}+");

  private Signature() {}

  /** One line for a reader: where it died, and the application's methods that led there. */
  static String of(Verdict verdict, Optional<String> signal, Optional<ThreadInfo> crashed) {
    List<Frame> frames = crashed.map(ThreadInfo::frames).orElse(List.of());
    List<String> parts = new ArrayList<>();
    parts.add(verdict.category() + signal.map(name -> " " + name).orElse(""));
    frames.stream().limit(1).map(Signature::name).forEach(parts::add);
    List<Frame> callers =
        frames.stream().skip(1).filter(frame -> frame.className() != null).toList();
    List<Frame> inApp =
        callers.stream().filter(frame -> Boolean.TRUE.equals(frame.inApp())).toList();
    (inApp.isEmpty() ? callers : inApp)
        .stream().limit(JAVA_FRAMES).map(Signature::name).forEach(parts::add);
    return String.join(" | ", parts);
  }

  private static String name(Frame frame) {
    if (frame.className() != null) {
      return HIDDEN_CLASS.matcher(frame.className()).replaceAll("$1") + "." + frame.method();
    }
    String path = frame.path() == null ? "" : frame.path();
    String library = path.substring(path.lastIndexOf('/') + 1); // as HotSpot's log has it
    String function = frame.function() == null ? "?" : frame.function();
    // an offset alone is all that is known of a stripped library, and the same for the same build
    String plain = function.startsWith("+") ? function : OFFSET.matcher(function).replaceAll("");
    return library.isEmpty() ? plain : library + "!" + plain;
  }

  /** The same in 16 hexadecimal digits. */
  static String fingerprint(String signature) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(signature.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, FINGERPRINT_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
