// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.elf.CxxName;
import io.jmortem.elf.ElfSymbols;
import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.hotspot.Frame;
import io.jmortem.hotspot.StackDump;
import io.jmortem.proc.MemoryMap;
import io.jmortem.proc.ProcessFiles;
import io.jmortem.proc.TargetFile;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names the functions of native frames. The walk has named dynamic symbols, which are in memory.
 * Static functions, and most of libjvm's, are named only in the files. A file is used only if it is
 * the one that was mapped.
 */
final class NativeFunctions {

  private static final Pattern WITH_OFFSET = Pattern.compile("(.+)(\\+0x\\p{XDigit}+)");

  private final MemoryMap map;
  private final ProcessFiles files;
  private final Map<String, Optional<ElfSymbols>> symbolsByPath = new HashMap<>();

  private NativeFunctions(MemoryMap map, ProcessFiles files) {
    this.map = map;
    this.files = files;
  }

  /**
   * Returns the evidence with named native frames.
   *
   * @param files the process's files
   */
  static Evidence resolve(Evidence evidence, ProcessFiles files) {
    MemoryMap map = MemoryMap.parse(evidence.procFile("maps").orElse(""));
    NativeFunctions functions = new NativeFunctions(map, files);
    return new Evidence(
        evidence.events().stream().map(functions::resolve).toList(), evidence.problems());
  }

  private Event resolve(Event event) {
    return event instanceof Event.Stacks stacks
        ? new Event.Stacks(
            stacks.id(), stacks.timeUnixNano(), stacks.moment(), resolve(stacks.dump()))
        : event;
  }

  private StackDump resolve(StackDump dump) {
    return dump.withThreads(
        dump.threads().stream()
            .map(thread -> thread.withFrames(resolve(thread.frames()), resolve(thread.vmFrames())))
            .toList());
  }

  private List<Frame> resolve(List<Frame> frames) {
    return frames.stream().map(frame -> isNative(frame) ? resolve(frame) : frame).toList();
  }

  private static boolean isNative(Frame frame) {
    return frame.className() == null
        && (frame.kind() == Frame.Kind.NATIVE || frame.kind() == Frame.Kind.VM);
  }

  private Frame resolve(Frame frame) {
    String inMemory = frame.function();
    return frame.withFunction(
        inMemory != null ? readable(inMemory) : inFile(frame).orElseGet(() -> offset(frame)));
  }

  private static String readable(String function) {
    Matcher matcher = WITH_OFFSET.matcher(function);
    return matcher.matches()
        ? CxxName.ofFunction(matcher.group(1)) + matcher.group(2)
        : CxxName.ofFunction(function);
  }

  private Optional<String> inFile(Frame frame) {
    // after a call that never returns, the return address may begin the next function
    long back = frame.trust() == Frame.Trust.GUESSED ? 1 : 0;
    return map.find(frame.pc() - back)
        .filter(MemoryMap.Mapping::isFile)
        .flatMap(
            code ->
                symbolsByPath
                    .computeIfAbsent(code.path(), path -> symbols(code))
                    .flatMap(symbols -> symbols.at(frame.pc() - back - base(code)))
                    .map(
                        symbol ->
                            CxxName.ofFunction(symbol.name())
                                + "+0x"
                                + Long.toHexString(symbol.offset() + back)));
  }

  private Optional<ElfSymbols> symbols(MemoryMap.Mapping code) {
    Optional<TargetFile> file = files.open(code.path());
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try (TargetFile opened = file.get()) {
      return opened.inode() == code.inode() ? ElfSymbols.read(opened.content()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The distance from the file's first mapping, as debuggers and HotSpot count it. */
  private @Nullable String offset(Frame frame) {
    return map.find(frame.pc())
        .filter(MemoryMap.Mapping::isFile)
        .map(code -> "+0x" + Long.toHexString(frame.pc() - base(code)))
        .orElse(null);
  }

  private long base(MemoryMap.Mapping code) {
    return map.mappings().stream()
        .filter(mapping -> mapping.path().equals(code.path()))
        .findFirst()
        .map(MemoryMap.Mapping::start)
        .orElse(code.start());
  }
}
