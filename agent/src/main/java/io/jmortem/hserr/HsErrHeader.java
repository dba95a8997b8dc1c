// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The lines at the top of a log, which begin with a hash: the error, the process and the VM. If an
 * error occurred during error reporting, more such lines follow later; the first ones are used.
 */
final class HsErrHeader {

  /** {@code SIGSEGV (0xb) at pc=...}, {@code EXCEPTION_IN_PAGE_ERROR (0xc0000006) at pc=...}. */
  private static final Pattern EXCEPTION =
      Pattern.compile("([A-Z][A-Z0-9_+-]{1,40}+) \\(0x(\\p{XDigit}{1,8})\\)(?: at pc=|,|$)");

  private static final Pattern PID = Pattern.compile("\\bpid=(\\d{1,18})(?!\\w)");
  private static final Pattern TID = Pattern.compile("\\btid=(\\d{1,18})(?!\\w)");

  /** {@code PID_MAX_LIMIT}: JDK 8 prints pthread_self(), which is larger than any tid. */
  private static final long MAX_TID = 4L * 1024 * 1024;

  private static final int MAX_SIGNAL = 64;

  private static final String[] MESSAGES = {"fatal error:", "Error:", "assert(", "guarantee("};

  private @Nullable String headline;
  private @Nullable String message;
  private int signo;
  private long pid = -1;
  private long tid = -1;
  private @Nullable String jreVersion;
  private @Nullable String javaVm;
  private @Nullable String problematicFrame;
  private boolean isFrameNext;
  private boolean isTitled; // whether the title of a fatal error was read
  private boolean isOutOfMemory; // whether the title of an out-of-memory error was read

  /**
   * Takes the next line.
   *
   * @param text the text after the hash
   * @param isTruncated whether it is the last line and has no line break: it may be cut off inside
   *     a number or a word
   */
  void line(String text, boolean isTruncated) {
    boolean isFrame = isFrameNext && !isTruncated && HsErrFrame.parse(text).isPresent();
    isFrameNext = false;
    if (isFrame) {
      problematicFrame = problematicFrame == null ? text : problematicFrame;
    } else if (isHeadline(text)) {
      headline(text, isTruncated);
    } else if (text.startsWith("A fatal error has been detected")) {
      isTitled = true;
    } else if (text.startsWith("There is insufficient memory")) {
      isOutOfMemory = true;
    } else if (isTruncated) {
      message = message == null && isBegunMessage(text) ? LogLines.marked(text) : message;
    } else if (text.startsWith("JRE version:")) {
      jreVersion = jreVersion == null ? after(text) : jreVersion;
    } else if (text.startsWith("Java VM:")) {
      javaVm = javaVm == null ? after(text) : javaVm;
    } else if (text.startsWith("Problematic frame:")) {
      isFrameNext = true;
    } else if (message == null && isMessage(text)) {
      message = text;
    }
  }

  /** Recognises a headline that was cut off; a message could begin in the same way. */
  private boolean isBegunMessage(String text) {
    return isMessage(text) && ((isOutOfMemory && headline == null) || isKnown(text));
  }

  /** The frame could not be printed; the following text is not a frame. */
  void interrupt() {
    isFrameNext = false;
  }

  private static boolean isHeadline(String text) {
    return text.startsWith("Internal Error (")
        || text.startsWith("Out of Memory Error (")
        || EXCEPTION.matcher(text).lookingAt();
  }

  private void headline(String text, boolean isTruncated) {
    if (headline != null) {
      return;
    }
    headline = isTruncated ? LogLines.marked(text) : text;
    Matcher exception = EXCEPTION.matcher(text);
    if (exception.lookingAt() && exception.group(1).startsWith("SIG")) {
      long number = Long.parseLong(exception.group(2), 16);
      signo = number <= MAX_SIGNAL ? (int) number : 0;
    }
    pid = number(PID, text, isTruncated);
    tid = number(TID, text, isTruncated);
    tid = tid <= MAX_TID ? tid : -1;
  }

  private static long number(Pattern pattern, String text, boolean isTruncated) {
    Matcher matcher = pattern.matcher(text);
    boolean isWhole = matcher.find() && !(isTruncated && matcher.end() == text.length());
    return isWhole ? Long.parseLong(matcher.group(1)) : -1;
  }

  /**
   * The VM's message for an error that is not a signal: below {@code Internal Error}, or below the
   * title if memory ran out.
   */
  private boolean isMessage(String text) {
    if (text.isEmpty() || jreVersion != null) {
      return false;
    }
    if (headline != null) {
      return signo == 0;
    }
    return isOutOfMemory
        || text.startsWith("Native memory allocation")
        || (isTitled && isKnown(text));
  }

  private static boolean isKnown(String text) {
    return Arrays.stream(MESSAGES).anyMatch(text::startsWith);
  }

  private static String after(String text) {
    return text.substring(text.indexOf(':') + 1).strip();
  }

  /** If the log was cut off before the headline, the message tells the kind of error. */
  @Nullable String headline() {
    return headline == null ? message : headline;
  }

  @Nullable String message() {
    return message;
  }

  int signo() {
    return signo;
  }

  long pid() {
    return pid;
  }

  long tid() {
    return tid;
  }

  @Nullable String jreVersion() {
    return jreVersion;
  }

  @Nullable String javaVm() {
    return javaVm;
  }

  @Nullable String problematicFrame() {
    return problematicFrame;
  }

  boolean isOutOfMemory() {
    return isOutOfMemory;
  }
}
