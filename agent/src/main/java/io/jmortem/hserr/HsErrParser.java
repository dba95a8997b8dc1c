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
import org.jspecify.annotations.Nullable;

/**
 * Parses the logs of JDK 8 to 26. Knows no versions: each line is recognised by its own shape,
 * wherever it stands, so a log that is cut off or damaged gives what is left of it.
 */
public final class HsErrParser {

  /** Far more than HotSpot prints; the rest of a hostile log is not read. */
  private static final int MAX_FRAMES = 2048;

  private static final int MAX_THREADS = 50_000;
  private static final int MAX_ERRORS = 50;

  /** A thread's name may contain line breaks. */
  private static final int MAX_NAME_LINES = 3;

  /** Lower case on some processors. */
  private static final Pattern REGISTER =
      Pattern.compile("\\b([A-Za-z][A-Za-z0-9]{1,7}+) {0,8}= ?(0x\\p{XDigit}{1,16})\\b");

  private static final int MAX_REGISTERS = 100;

  /** Messages about failures of the error report itself. */
  private static final String[] FAILURES = {
    "[error occurred during error reporting",
    "[timeout",
    "[Too many errors, abort",
    "[timer expired, abort",
    "[ timer expired, abort",
    "------ Timeout during error reporting"
  };

  private static final String NATIVE_THREAD = "Current thread is native thread";

  private static final String[] VM_ARGUMENTS = {
    "jvm_flags: ", "jvm_args: ", "java_command: ", "java_class_path (initial): ", "Launcher Type: "
  };

  private static final int MAX_ARGUMENTS = 1024 * 1024; // characters

  private static final Pattern PROCESSED =
      Pattern.compile("JavaThread 0x\\p{XDigit}{1,16} \\(nid = (\\d{1,9})\\) was being processed");

  private static final Pattern ELAPSED =
      Pattern.compile("elapsed time: (\\d{1,12}(?:\\.\\d{1,9})?) seconds");

  private enum Section {
    OTHER,
    NATIVE_FRAMES,
    JAVA_FRAMES,
    REGISTERS,
    THREADS,
    VM_ARGUMENTS
  }

  private final LogLines lines;
  private final HsErrHeader header = new HsErrHeader();
  private final DetailsParser details = new DetailsParser();
  private final Map<String, String> registers = new LinkedHashMap<>();
  private final List<HsErrThread> threads = new ArrayList<>();
  private final Map<String, String> vmArguments = new LinkedHashMap<>();
  private final List<String> errors = new ArrayList<>();
  private List<HsErrFrame> nativeFrames = new ArrayList<>();
  private List<HsErrFrame> javaFrames = new ArrayList<>();
  private List<HsErrFrame> frames = new ArrayList<>(); // from the last section that has some
  private Section framesOf = Section.OTHER;
  private Section section = Section.OTHER;
  private @Nullable HsErrThread currentThread;
  private boolean isNativeThread;
  private boolean hasCurrentThread;
  private long processed = -1;
  private @Nullable String currentCompileTask;
  private @Nullable String siginfo;
  private @Nullable String argument; // the last one of the VM
  private double elapsedSeconds = -1;
  private boolean complete;
  private boolean hasStack; // to its end

  private HsErrParser(Reader reader) {
    this.lines = new LogLines(reader);
  }

  /**
   * Parses a log line by line. The memory is bounded by what is found, whatever the log holds. It
   * fails only if the reader fails.
   *
   * @throws IOException if the log can't be read
   */
  public static HsErrLog parse(Reader reader) throws IOException {
    HsErrParser parser = new HsErrParser(reader);
    for (LogLines.Line line = parser.lines.next(); line != null; line = parser.lines.next()) {
      parser.line(line.text(), line.isTruncated());
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
    endFrames();
    if (section == Section.VM_ARGUMENTS && argument != null) { // which may have several lines
      vmArguments.computeIfPresent(argument, (name, value) -> LogLines.marked(value));
    }
    return new HsErrLogBuilder()
        .headline(header.headline())
        .message(header.message())
        .signo(header.signo())
        .pid(header.pid())
        .tid(header.tid())
        .jreVersion(header.jreVersion())
        .javaVm(header.javaVm())
        .problematicFrame(header.problematicFrame())
        .currentThread(currentThread)
        .isNativeThread(isNativeThread)
        .currentCompileTask(currentCompileTask)
        .siginfo(siginfo)
        .nativeFrames(List.copyOf(nativeFrames))
        .javaFrames(List.copyOf(javaFrames))
        .processed(processed)
        .registers(registers)
        .threads(List.copyOf(threads))
        .vmArguments(vmArguments)
        .elapsedSeconds(elapsedSeconds)
        .errors(List.copyOf(errors))
        .details(details.result())
        .complete(complete)
        .hasStack(complete || hasStack)
        .outOfMemory(header.isOutOfMemory())
        .build();
  }

  /**
   * Takes the next line.
   *
   * @param isTruncated whether the log ends inside this line, so its text may be incomplete
   */
  private void line(String line, boolean isTruncated) throws IOException {
    boolean isHeader = line.startsWith("#");
    String text = isHeader ? line.substring(1).strip() : line;
    if (isFailure(text)) {
      header.interrupt();
      if (errors.size() < MAX_ERRORS) {
        errors.add(isTruncated ? LogLines.marked(text) : text);
      }
      return; // the section continues until the next heading
    }
    if (isHeader) {
      header.line(text, isTruncated);
      return;
    }
    // the end; JDK 8 has no such word, but prints the time last of all
    if (line.startsWith("END.") || (line.startsWith("elapsed time:") && !isTruncated)) {
      complete = true;
    }
    if (elapsedSeconds < 0 && line.contains("elapsed time: ")) {
      Matcher elapsed = ELAPSED.matcher(line);
      elapsedSeconds = elapsed.find() ? Double.parseDouble(elapsed.group(1)) : -1;
    }
    if (!isTruncated) {
      details.line(line);
    }
    if (!heading(line, isTruncated) && !isTruncated) {
      body(line);
    }
  }

  private static boolean isFailure(String line) {
    for (String failure : FAILURES) {
      if (line.startsWith(failure)) {
        return true;
      }
    }
    return false;
  }

  /** A line that begins a section, or is a complete section. */
  private boolean heading(String line, boolean isTruncated) throws IOException {
    if (line.startsWith("Current thread")) {
      section = Section.OTHER;
      currentThread = hasCurrentThread || isTruncated ? currentThread : joined(line).orElse(null);
      isNativeThread |= !hasCurrentThread && line.equals(NATIVE_THREAD) && !isTruncated;
      hasCurrentThread = true; // a later one belongs to an error during error reporting
    } else if (line.startsWith("Current CompileTask:")) {
      section = Section.OTHER;
      LogLines.Line next = lines.peek(0);
      currentCompileTask = next == null || next.isTruncated() ? null : next.text().strip();
    } else if (line.startsWith("Native frames:")) {
      beginFrames(Section.NATIVE_FRAMES);
    } else if (line.startsWith("Java frames:")) {
      beginFrames(Section.JAVA_FRAMES);
    } else if (line.startsWith("siginfo:")) {
      endStack();
      siginfo = siginfo == null ? siginfo(line, isTruncated) : siginfo;
    } else if (line.startsWith("Registers:")) {
      endStack();
      section = Section.REGISTERS;
    } else if (line.startsWith("Java Threads: (") || line.startsWith("Other Threads:")) {
      section = Section.THREADS;
    } else if (line.startsWith("VM Arguments:")) {
      section = Section.VM_ARGUMENTS;
    } else if (line.startsWith("JavaThread 0x")) {
      Matcher matcher = PROCESSED.matcher(line);
      processed = processed < 0 && matcher.find() ? Long.parseLong(matcher.group(1)) : processed;
    } else if (line.startsWith("---------------")) {
      endStack();
      hasStack |= line.contains("P R O C E S S");
    } else if (line.startsWith("Top of Stack:") || line.startsWith("Register to memory mapping:")) {
      endStack();
    } else if (line.isBlank()) {
      section = Section.OTHER;
    } else {
      return false;
    }
    return true;
  }

  /** This section follows the stacks or precedes them, depending on the JDK. */
  private void endStack() {
    section = Section.OTHER;
    hasStack |= framesOf != Section.OTHER;
  }

  /** After a failure, the VM prints the stack again: the longer one is used. */
  private void beginFrames(Section begun) {
    endFrames();
    section = begun;
    frames = new ArrayList<>();
    framesOf = begun;
  }

  private void endFrames() {
    if (framesOf == Section.NATIVE_FRAMES && frames.size() > nativeFrames.size()) {
      nativeFrames = frames;
    } else if (framesOf == Section.JAVA_FRAMES && frames.size() > javaFrames.size()) {
      javaFrames = frames;
    }
  }

  private static @Nullable String siginfo(String line, boolean isTruncated) {
    String text = line.substring(line.indexOf(':') + 1).strip();
    int field = text.lastIndexOf(','); // the last one may be incomplete
    if (!isTruncated) {
      return text;
    }
    return field < 0 ? null : LogLines.marked(text.substring(0, field));
  }

  private Optional<HsErrThread> joined(String line) throws IOException {
    StringBuilder text = new StringBuilder(line);
    for (int i = 0; i < MAX_NAME_LINES; i++) {
      Optional<HsErrThread> thread = HsErrThread.parse(text.toString());
      LogLines.Line next = lines.peek(i);
      if (thread.isPresent() || next == null || next.isTruncated()) {
        return thread;
      }
      text.append('\n').append(next.text());
    }
    return Optional.empty();
  }

  private void body(String line) throws IOException {
    switch (section) {
      case NATIVE_FRAMES, JAVA_FRAMES -> {
        if (frames.size() < MAX_FRAMES) {
          HsErrFrame.parse(line).ifPresent(frames::add);
        }
      }
      case REGISTERS -> {
        Matcher matcher = REGISTER.matcher(line);
        while (registers.size() < MAX_REGISTERS && matcher.find()) {
          registers.putIfAbsent(matcher.group(1), matcher.group(2));
        }
      }
      case THREADS -> {
        if (threads.size() < MAX_THREADS) {
          boolean isJoined = line.indexOf('"') > 0 && !line.contains("id=");
          (isJoined ? joined(line) : HsErrThread.parse(line)).ifPresent(threads::add);
        }
      }
      case VM_ARGUMENTS -> vmArgument(line);
      default -> {}
    }
  }

  /** An argument may hold line breaks; its other lines are not new arguments. */
  private void vmArgument(String line) {
    for (String name : VM_ARGUMENTS) {
      if (line.startsWith(name)) {
        argument = name.substring(0, name.length() - 2);
        vmArguments.putIfAbsent(argument, line.substring(name.length()).strip());
        return;
      }
    }
    String before = argument == null ? null : vmArguments.get(argument);
    if (before != null && before.length() + line.length() < MAX_ARGUMENTS) {
      vmArguments.put(argument, before + "\n" + line);
    }
  }
}
