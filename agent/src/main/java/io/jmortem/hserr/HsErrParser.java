// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses the logs of JDK 8 to 26. Knows no versions: each line is recognised by its own shape,
 * wherever it stands, so a log that is cut off or damaged gives what is left of it.
 */
public final class HsErrParser {

  /** Far more than HotSpot prints; what a hostile log has beyond is not read. */
  private static final int MAX_FRAMES = 2048;

  private static final int MAX_THREADS = 50_000;
  private static final int MAX_ERRORS = 50;

  /** A thread's name may contain line breaks. */
  private static final int MAX_NAME_LINES = 3;

  /** {@code SIGSEGV (0xb) at pc=...}. Nothing in it can be matched in two ways. */
  private static final Pattern SIGNAL_HEADLINE =
      Pattern.compile("SIG\\w{1,20}+ \\(0x(\\p{XDigit}{1,4})\\) at pc=");

  private static final Pattern PID = Pattern.compile("\\bpid=(\\d{1,18})\\b");

  private static final Pattern REGISTER =
      Pattern.compile("\\b([A-Z][A-Z0-9]{1,6}) ?= ?(0x\\p{XDigit}{1,16})\\b");

  private static final Pattern ELAPSED =
      Pattern.compile("elapsed time: (\\d{1,12}(?:\\.\\d{1,9})?) seconds");

  private enum Section {
    OTHER,
    HEADER,
    NATIVE_FRAMES,
    JAVA_FRAMES,
    REGISTERS,
    THREADS,
    VM_ARGUMENTS
  }

  private final LogLines lines;
  private final List<HsErrFrame> nativeFrames = new ArrayList<>();
  private final List<HsErrFrame> javaFrames = new ArrayList<>();
  private final Map<String, String> registers = new LinkedHashMap<>();
  private final List<HsErrThread> threads = new ArrayList<>();
  private final Map<String, String> vmArguments = new LinkedHashMap<>();
  private final List<String> errors = new ArrayList<>();
  private Section section = Section.HEADER;
  private String headline;
  private String message;
  private int signo;
  private long pid = -1;
  private String jreVersion;
  private String javaVm;
  private String problematicFrame;
  private HsErrThread currentThread;
  private String currentCompileTask;
  private String siginfo;
  private double elapsedSeconds = -1;
  private boolean complete;

  private HsErrParser(Reader reader) {
    this.lines = new LogLines(reader);
  }

  /**
   * Parses a log, line by line: whatever it holds, and however much, it needs no more memory than
   * what is found in it. Never fails but for its reader.
   *
   * @throws IOException if the log can't be read
   */
  public static HsErrLog parse(Reader reader) throws IOException {
    HsErrParser parser = new HsErrParser(reader);
    for (LogLines.Line line = parser.lines.next(); line != null; line = parser.lines.next()) {
      parser.line(line.text());
    }
    return parser.result();
  }

  /** Parses a log. Never fails. */
  public static HsErrLog parse(String text) {
    try {
      return parse(new StringReader(text));
    } catch (IOException e) {
      throw new UncheckedIOException("a text in memory can be read", e);
    }
  }

  private HsErrLog result() {
    return new HsErrLog(
        headline,
        message,
        signo,
        pid,
        jreVersion,
        javaVm,
        problematicFrame,
        currentThread,
        currentCompileTask,
        siginfo,
        List.copyOf(nativeFrames),
        List.copyOf(javaFrames),
        registers,
        List.copyOf(threads),
        vmArguments,
        elapsedSeconds,
        List.copyOf(errors),
        complete);
  }

  private void line(String line) throws IOException {
    if (line.startsWith("#")) {
      header(line.substring(1).strip());
      return;
    }
    if (line.startsWith("[error occurred during error reporting") || line.startsWith("[timeout")) {
      if (errors.size() < MAX_ERRORS) {
        errors.add(line);
      }
      return; // the section goes on, or the next heading says that it does not
    }
    // the end; JDK 8 has no such word, but prints the time last
    if (line.startsWith("END.") || line.startsWith("elapsed time:")) {
      complete = true;
    }
    if (elapsedSeconds < 0 && line.contains("elapsed time: ")) {
      Matcher elapsed = ELAPSED.matcher(line);
      elapsedSeconds = elapsed.find() ? Double.parseDouble(elapsed.group(1)) : -1;
    }
    if (!heading(line)) {
      body(line);
    }
  }

  /** Lines that begin with a hash. */
  private void header(String text) {
    Matcher signal = SIGNAL_HEADLINE.matcher(text);
    boolean isSignal = signal.lookingAt();
    if (headline == null && (isSignal || isErrorHeadline(text))) {
      headline = text;
      signo = isSignal ? Integer.parseInt(signal.group(1), 16) : 0;
      Matcher matcher = PID.matcher(text);
      pid = matcher.find() ? Long.parseLong(matcher.group(1)) : -1;
    } else if (text.startsWith("JRE version:")) {
      jreVersion = after(text, ':');
    } else if (text.startsWith("Java VM:")) {
      javaVm = after(text, ':');
    } else if (text.startsWith("Native memory allocation")) {
      message = text;
    } else if (text.startsWith("Problematic frame:")) {
      problematicFrame = "";
    } else if ("".equals(problematicFrame)) {
      problematicFrame = text;
    } else if (message == null && isMessage(text)) {
      message = text;
    }
  }

  private static boolean isErrorHeadline(String text) {
    return text.startsWith("Internal Error (") || text.startsWith("Out of Memory Error (");
  }

  /** The line below {@code Internal Error (file:line)}; paragraphs begin otherwise. */
  private boolean isMessage(String text) {
    return headline != null && signo == 0 && jreVersion == null && !text.isEmpty();
  }

  /** A line that begins a section, or is a section by itself. */
  private boolean heading(String line) throws IOException {
    if (line.startsWith("Current thread")) {
      section = Section.OTHER;
      currentThread = joined(line).orElse(null);
    } else if (line.startsWith("Current CompileTask:")) {
      section = Section.OTHER;
      LogLines.Line next = lines.peek(0);
      currentCompileTask = next == null ? null : next.text().strip();
    } else if (line.startsWith("Native frames:")) {
      section = nativeFrames.isEmpty() ? Section.NATIVE_FRAMES : Section.OTHER;
    } else if (line.startsWith("Java frames:")) {
      section = javaFrames.isEmpty() ? Section.JAVA_FRAMES : Section.OTHER;
    } else if (line.startsWith("siginfo:")) {
      section = Section.OTHER;
      siginfo = after(line, ':');
    } else if (line.startsWith("Registers:")) {
      section = Section.REGISTERS;
    } else if (line.startsWith("Java Threads: (") || line.startsWith("Other Threads:")) {
      section = Section.THREADS;
    } else if (line.startsWith("VM Arguments:")) {
      section = Section.VM_ARGUMENTS;
    } else if (line.startsWith("---------------") || line.isBlank()) {
      section = Section.OTHER;
    } else {
      return false;
    }
    return true;
  }

  private Optional<HsErrThread> joined(String line) throws IOException {
    StringBuilder text = new StringBuilder(line);
    for (int i = 0; i < MAX_NAME_LINES; i++) {
      Optional<HsErrThread> thread = HsErrThread.parse(text.toString());
      LogLines.Line next = lines.peek(i);
      if (thread.isPresent() || next == null) {
        return thread;
      }
      text.append('\n').append(next.text());
    }
    return Optional.empty();
  }

  private void body(String line) {
    switch (section) {
      case NATIVE_FRAMES -> add(nativeFrames, line);
      case JAVA_FRAMES -> add(javaFrames, line);
      case REGISTERS -> {
        Matcher matcher = REGISTER.matcher(line);
        while (matcher.find() && registers.size() < 100) {
          registers.putIfAbsent(matcher.group(1), matcher.group(2));
        }
      }
      case THREADS -> {
        if (threads.size() < MAX_THREADS) {
          HsErrThread.parse(line).ifPresent(threads::add);
        }
      }
      case VM_ARGUMENTS -> {
        int colon = line.indexOf(": ");
        if (colon > 0) {
          vmArguments.putIfAbsent(line.substring(0, colon), line.substring(colon + 2).strip());
        }
      }
      default -> {}
    }
  }

  private static void add(List<HsErrFrame> frames, String line) {
    if (frames.size() < MAX_FRAMES) {
      HsErrFrame.parse(line).ifPresent(frames::add);
    }
  }

  private static String after(String text, char separator) {
    return text.substring(text.indexOf(separator) + 1).strip();
  }
}
