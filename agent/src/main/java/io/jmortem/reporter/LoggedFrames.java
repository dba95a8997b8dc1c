// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.elf.CxxName;
import io.jmortem.hserr.HsErrFrame;
import io.jmortem.proc.MemoryMap;
import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.Trust;
import java.util.List;

/** Converts frames of HotSpot's log to frames of the report. */
final class LoggedFrames {

  private LoggedFrames() {}

  /**
   * Uses the same names as the walk: the path of the file, and the function without parameters.
   *
   * @param map the memory map of the process
   */
  static Frame frame(HsErrFrame frame, MemoryMap map) {
    String function = frame.function() == null ? null : CxxName.withoutParameters(frame.function());
    return Frame.builder()
        .className(frame.className())
        .method(frame.method())
        .descriptor(frame.descriptor())
        .file(frame.file())
        .line(frame.line() > 0 ? (Integer) frame.line() : null)
        .bci(frame.bci() >= 0 ? (Integer) frame.bci() : null)
        .type(
            switch (frame.kind()) {
              case INTERPRETED -> "interpreted";
              case COMPILED -> "compiled";
              case VM -> "vm";
              case STUB -> "stub";
              case NATIVE -> "native";
            })
        .function(
            function == null && frame.libraryOffset() != null
                ? "+" + frame.libraryOffset()
                : function)
        .path(frame.library() == null ? null : path(frame.library(), map))
        .ip(frame.pc())
        .trust(Trust.CERTAIN)
        .inApp(
            frame.className() == null
                ? null
                : (Boolean) ApplicationClasses.contains(frame.className()))
        .build();
  }

  /** The log has only the name of the file; files with equal names can't be told apart. */
  private static String path(String library, MemoryMap map) {
    List<String> paths =
        map.mappings().stream()
            .filter(MemoryMap.Mapping::isFile)
            .map(MemoryMap.Mapping::path)
            .filter(path -> path.endsWith("/" + library))
            .distinct()
            .toList();
    return paths.size() == 1 ? paths.get(0) : library;
  }
}
