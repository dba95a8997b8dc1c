// SPDX-License-Identifier: Apache-2.0
package io.jmortem.walker;

import io.jmortem.hotspot.FrozenProcess.FrozenThread;
import io.jmortem.hotspot.Registers;
import io.jmortem.hotspot.SavedRegisters;
import io.jmortem.proc.MemoryMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The helper's input for the walker ({@code walker.c}), one item per line:
 *
 * <pre>
 * crashed NATIVE_ID REGISTERS
 * saved RBX R12 R14 R15
 * status STATUS
 * thread NATIVE_ID REGISTERS NAME
 * maps
 * </pre>
 *
 * and then the text of {@code /proc/PID/maps}. REGISTERS are rip, rsp, rbp and r13 in hexadecimal,
 * or a minus sign. The format is not JSON, because loading a parser would take longer than the
 * walk.
 */
record WalkInput(
    int crashedId,
    @Nullable Registers fault,
    @Nullable SavedRegisters saved,
    int status,
    List<FrozenThread> threads,
    MemoryMap map) {

  // what a line begins with, as in native-helper's protocol.h
  private static final String CRASHED = "crashed";
  private static final String SAVED = "saved";
  private static final String STATUS = "status";
  private static final String THREAD = "thread";
  private static final String MAPS = "maps";

  /** Other lines are ignored. */
  static WalkInput parse(String text) {
    int crashedId = 0;
    Registers fault = null;
    SavedRegisters saved = null;
    int status = 0;
    List<FrozenThread> threads = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int end = text.indexOf('\n', at);
      String line = text.substring(at, end < 0 ? text.length() : end);
      at = end < 0 ? text.length() : end + 1;
      if (line.equals(MAPS)) {
        break;
      }
      Words words = new Words(line);
      String kind = words.next();
      if (kind.equals(CRASHED)) {
        crashedId = words.number();
        fault = words.registers();
      } else if (kind.equals(SAVED) && fault != null) {
        saved = words.saved(fault.r13());
      } else if (kind.equals(STATUS)) {
        status = words.number();
      } else if (kind.equals(THREAD)) {
        int nativeId = words.number();
        Registers registers = words.registers();
        threads.add(new FrozenThread(nativeId, words.rest(), registers));
      }
    }
    return new WalkInput(
        crashedId, fault, saved, status, threads, MemoryMap.parse(text.substring(at)));
  }

  private static final class Words {
    private final String line;
    private int at;

    Words(String line) {
      this.line = line;
    }

    String next() {
      int end = line.indexOf(' ', at);
      String word = line.substring(at, end < 0 ? line.length() : end);
      at = end < 0 ? line.length() : end + 1;
      return word;
    }

    String rest() {
      return line.substring(at);
    }

    int number() {
      try {
        return Integer.parseInt(next());
      } catch (NumberFormatException e) {
        return 0;
      }
    }

    @Nullable Registers registers() {
      String first = next();
      if (first.equals("-") || first.isEmpty()) {
        return null;
      }
      try {
        return new Registers(hex(first), hex(next()), hex(next()), hex(next()));
      } catch (NumberFormatException e) {
        return null;
      }
    }

    @Nullable SavedRegisters saved(long r13) {
      try {
        return new SavedRegisters(hex(next()), hex(next()), r13, hex(next()), hex(next()));
      } catch (NumberFormatException e) {
        return null;
      }
    }

    private static long hex(String word) {
      return Long.parseUnsignedLong(word, 16);
    }
  }
}
