// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import io.jmortem.proc.MemoryMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Parses the parts of a log that {@link HsErrDetails} holds. Each part is bounded. */
final class DetailsParser {

  private static final int MAX_TEXT = 300;
  private static final int MAX_LINES = 40;
  private static final int MAX_EVENTS = 5;
  private static final int MAX_MAPPING = 8192;

  private static final Pattern ADDRESS =
      Pattern.compile("\\bsi_addr[:=] ?0x(\\p{XDigit}{1,16})(?!\\w)");

  /** Faults, which only the VM should handle. */
  private static final List<String> FAULTS = List.of("SIGSEGV:", "SIGBUS:", "SIGFPE:", "SIGILL:");

  private enum Section {
    OTHER,
    MAPPINGS,
    MUTEXES,
    SIGNAL_HANDLERS,
    EXCEPTIONS,
    DEOPTIMIZATIONS,
    COLLECTIONS,
    REGISTERS,
    CONTAINER,
    NATIVE_MEMORY
  }

  private Section section = Section.OTHER;
  private @Nullable Long faultAddress;
  private @Nullable String accessError;
  private MemoryMap.@Nullable Mapping faultMapping;
  private @Nullable String freeStack;
  private @Nullable String vmOperation;
  private @Nullable String vmState;
  private @Nullable String handler; // the previous line
  private final List<String> ownedMutexes = new ArrayList<>();
  private final List<String> signalHandlers = new ArrayList<>();
  private final Deque<String> internalExceptions = new ArrayDeque<>();
  private final Deque<String> deoptimizations = new ArrayDeque<>();
  private final Deque<String> collections = new ArrayDeque<>();
  private final Map<String, String> registerMappings = new LinkedHashMap<>();
  private final Map<String, String> container = new LinkedHashMap<>();
  private final List<String> nativeMemory = new ArrayList<>();

  HsErrDetails result() {
    switch (section) { // the last entries of a list that was cut off are unknown
      case EXCEPTIONS -> internalExceptions.clear();
      case DEOPTIMIZATIONS -> deoptimizations.clear();
      case COLLECTIONS -> collections.clear();
      default -> {}
    }
    return new HsErrDetailsBuilder()
        .accessError(accessError)
        .faultMapping(faultMapping)
        .freeStack(freeStack)
        .vmOperation(vmOperation)
        .vmState(vmState)
        .ownedMutexes(List.copyOf(ownedMutexes))
        .signalHandlers(List.copyOf(signalHandlers))
        .internalExceptions(List.copyOf(internalExceptions))
        .deoptimizations(List.copyOf(deoptimizations))
        .collections(List.copyOf(collections))
        .registerMappings(registerMappings)
        .container(container)
        .nativeMemory(List.copyOf(nativeMemory))
        .build();
  }

  /** Takes the next line, except those of the header. */
  void line(String line) {
    if (line.isEmpty()) {
      // these two headings are followed by a list
      boolean goesOn = section == Section.REGISTERS || section == Section.NATIVE_MEMORY;
      section = goesOn ? section : Section.OTHER;
    } else if (sectionOf(line) != Section.OTHER || line.startsWith("---------------")) {
      section = sectionOf(line);
    } else if (!isFact(line)) {
      body(line);
    }
  }

  private static Section sectionOf(String line) {
    if (line.startsWith("Dynamic libraries:")) {
      return Section.MAPPINGS;
    } else if (line.startsWith("VM Mutex/Monitor currently owned")) {
      return Section.MUTEXES;
    } else if (line.startsWith("Signal Handlers:")) {
      return Section.SIGNAL_HANDLERS;
    } else if (line.startsWith("Internal exceptions (")) {
      return Section.EXCEPTIONS;
    } else if (line.startsWith("Deoptimization events (")) {
      return Section.DEOPTIMIZATIONS;
    } else if (line.startsWith("GC Heap History (") || line.startsWith("GC Heap Usage History (")) {
      return Section.COLLECTIONS;
    } else if (line.startsWith("Register to memory mapping:")) {
      return Section.REGISTERS;
    } else if (line.startsWith("container (cgroup) information:")) {
      return Section.CONTAINER;
    }
    return line.startsWith("Native Memory Tracking:") ? Section.NATIVE_MEMORY : Section.OTHER;
  }

  /** A fact on a single line; JDK 8 has such lines between others. */
  private boolean isFact(String line) {
    if (line.startsWith("Stack: [")) {
      int at = line.indexOf("free space=");
      freeStack = freeStack == null && at > 0 ? cut(line.substring(at + 11).strip()) : freeStack;
    } else if (line.startsWith("VM_Operation (")) {
      int at = line.indexOf("): ");
      vmOperation = vmOperation == null && at > 0 ? cut(line.substring(at + 3)) : vmOperation;
    } else if (line.startsWith("VM state:")) {
      vmState = vmState == null ? cut(line.substring(9).strip()) : vmState;
    } else if (line.startsWith("siginfo:")) {
      Matcher address = ADDRESS.matcher(line);
      boolean isFirst = faultAddress == null && address.find();
      faultAddress = isFirst ? (Long) Long.parseUnsignedLong(address.group(1), 16) : faultAddress;
    } else if (line.startsWith("Error accessing ")) {
      accessError = accessError == null ? cut(line) : accessError;
    } else {
      return false;
    }
    return true;
  }

  private void body(String line) {
    switch (section) {
      case MAPPINGS -> mapping(line);
      case MUTEXES -> add(ownedMutexes, line);
      case SIGNAL_HANDLERS -> signalHandler(line.strip());
      case EXCEPTIONS -> event(internalExceptions, line);
      case DEOPTIMIZATIONS -> event(deoptimizations, line);
      case COLLECTIONS -> collection(line);
      case REGISTERS -> registerMapping(line);
      case CONTAINER -> pair(container, line, line.indexOf(": "), 2);
      case NATIVE_MEMORY -> {
        if (line.startsWith("Total:") || line.contains("(reserved=")) {
          add(nativeMemory, line.strip());
        }
      }
      default -> {}
    }
  }

  private void mapping(String line) {
    if (faultAddress != null && faultMapping == null && line.length() <= MAX_MAPPING) {
      faultMapping = MemoryMap.parse(line).find(faultAddress).orElse(null);
    }
  }

  private void signalHandler(String line) {
    boolean isSecond = line.startsWith("***"); // the expected handler
    boolean isChanged =
        isSecond || line.contains("flags was changed") || line.startsWith("Warning: SIG");
    boolean isOthers =
        FAULTS.stream().anyMatch(line::startsWith)
            && !line.contains("libjvm")
            && !line.contains("SIG_DFL");
    if (isSecond && handler != null) {
      add(signalHandlers, handler);
    }
    if (isChanged || isOthers) {
      add(signalHandlers, line);
    }
    handler = isChanged || isOthers ? null : line;
  }

  private static void event(Deque<String> events, String line) {
    if (line.startsWith("Event: ")) {
      events.add(cut(line.substring(7)));
      if (events.size() > MAX_EVENTS) {
        events.remove();
      }
    }
  }

  /** {@code Event: 0.9 GC heap before}; the next line has the number, after a brace. */
  private void collection(String line) {
    event(collections, line);
    int at = line.startsWith("{Heap ") ? line.indexOf("invocations=") : -1;
    if (at > 0 && !collections.isEmpty()) {
      String last = collections.removeLast();
      collections.add(cut(last + ", " + line.substring(at).replaceFirst(":$", "")));
    }
  }

  private void registerMapping(String line) {
    String mapping = line.strip();
    int end = mapping.indexOf('=');
    boolean isRegister = end > 0 && end <= 12 && mapping.startsWith("0x", end + 1);
    if (isRegister && !mapping.endsWith(" is an unknown value")) {
      pair(registerMappings, mapping, end, 1);
    }
  }

  private static void pair(Map<String, String> to, String line, int separator, int length) {
    if (separator > 0 && to.size() < MAX_LINES) {
      to.putIfAbsent(
          cut(line.substring(0, separator).strip()),
          cut(line.substring(separator + length).strip()));
    }
  }

  private static void add(List<String> to, String line) {
    if (to.size() < MAX_LINES) {
      to.add(cut(line));
    }
  }

  private static String cut(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "...";
  }
}
