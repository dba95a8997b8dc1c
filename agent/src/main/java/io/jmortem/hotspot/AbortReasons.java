// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.hotspot.StackDump.Reason;
import io.jmortem.proc.MemoryMap;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds why abort() was called, from the stack and the registers of the caller.
 *
 * <ul>
 *   <li>JNI's FatalError, and errors that {@code -Xcheck:jni} finds: HotSpot prints the same line
 *       for both, then aborts. If the code before a return address refers to that line, it also
 *       shows where the message is: in a constant, or in a register that is still unchanged.
 *   <li>{@code std::terminate} of libstdc++: the exception, whose header the C++ runtime keeps
 *       below it (unwind-cxx.h), has its type, and a standard one its message.
 * </ul>
 */
final class AbortReasons {

  private static final String FATAL_LINE = "FATAL ERROR in native method: %s";

  /** "GNUCC++\\0", as _Unwind_Exception begins. */
  private static final long GNU_CXX = 0x474e5543432b2b00L;

  private static final int WORD = 8;
  private static final int SEARCHED_WORDS = 2048;

  /** The largest distance of HotSpot's functions from their call of abort(). */
  private static final int CODE_BEFORE = 128;

  private static final int MAX_MESSAGE = 256;
  private static final int MAX_TYPE_NAME = 512;
  private static final int MAX_BASES = 8;

  private static final int UNWIND_HEADER_SIZE = 32;
  private static final int TYPE_BEFORE_HEADER = 80;

  private final ProcessMemory memory;
  private final MemoryMap map;

  AbortReasons(ProcessMemory memory, MemoryMap map) {
    this.memory = memory;
    this.map = map;
  }

  /**
   * The reason; null if none was found.
   *
   * @param natives the newest frames, beginning with abort()
   */
  @Nullable Reason find(List<Frame> natives, Registers registers, @Nullable SavedRegisters saved) {
    // only the return address of abort() itself is certain
    String caller = natives.size() < 2 ? "" : pathOf(natives.get(1).pc());
    if (caller.contains("/libstdc++")) {
      return exception(registers, saved);
    }
    if (!caller.contains("/libjvm.so")) {
      return null;
    }
    for (int i = 1; i < natives.size(); i++) {
      if (pathOf(natives.get(i).pc()).equals(caller)) {
        Reason reason = jniError(natives, i, saved);
        if (reason != null) {
          return reason;
        }
      }
    }
    return null;
  }

  private String pathOf(long address) {
    for (MemoryMap.Mapping mapping : map.mappings()) {
      if (mapping.contains(address)) {
        return mapping.path();
      }
    }
    return "";
  }

  // ---- JNI

  private @Nullable Reason jniError(
      List<Frame> natives, int index, @Nullable SavedRegisters saved) {
    Code code = new Code(natives.get(index).pc());
    if (!code.refersToFatalLine()) {
      return null;
    }
    long message = code.loaded(Code.RDX);
    if (message == 0 && code.copiesToRdx(0x48, 0xf2) && index + 1 < natives.size()) {
      // the second argument, which the caller has loaded
      message = new Code(natives.get(index + 1).pc()).loaded(Code.RSI);
    } else if (message == 0 && saved != null) {
      message = code.copiedToRdx(saved);
    }
    boolean isVms = pathOf(message).contains("/libjvm.so");
    return new Reason(isVms ? Reason.JNI_CHECK : Reason.JNI_FATAL_ERROR, null, text(message));
  }

  /** The code before a return address. */
  private final class Code {
    /** ModR/M of an operand relative to rip. */
    static final int RDX = 0x15;

    static final int RSI = 0x35;

    private final long end;

    Code(long end) {
      this.end = end;
    }

    private boolean is(long at, int first, int second, int third) {
      return memory.uint1(at) == first
          && memory.uint1(at + 1) == second
          && memory.uint1(at + 2) == third;
    }

    boolean refersToFatalLine() {
      try {
        for (long at = end - 7; at > end - CODE_BEFORE; at--) {
          // lea disp32(%rip), any register
          boolean isLea = (memory.uint1(at) & 0xfb) == 0x48 && memory.uint1(at + 1) == 0x8d;
          if (isLea
              && (memory.uint1(at + 2) & 0xc7) == 0x05
              && FATAL_LINE.equals(text(at + 7 + memory.int4(at + 3)))) {
            return true;
          }
        }
      } catch (BrokenStructureException e) {
        // no code
      }
      return false;
    }

    /** The text that a register points to, loaded by lea or by mov of a pointer; or 0. */
    long loaded(int register) {
      try {
        for (long at = end - 7; at > end - CODE_BEFORE; at--) {
          long operand = at + 7 + memory.int4(at + 3);
          long address =
              is(at, 0x48, 0x8d, register)
                  ? operand
                  : is(at, 0x48, 0x8b, register) ? pointer(operand) : 0;
          String text = address == 0 ? null : text(address);
          if (text != null && !text.equals(FATAL_LINE)) {
            return address;
          }
        }
      } catch (BrokenStructureException e) {
        // no code
      }
      return 0;
    }

    private long pointer(long address) {
      try {
        return memory.word(address);
      } catch (BrokenStructureException e) {
        return 0;
      }
    }

    boolean copiesToRdx(int prefix, int modrm) {
      try {
        for (long at = end - 3; at > end - CODE_BEFORE; at--) {
          if (is(at, prefix, 0x89, modrm)) {
            return true;
          }
        }
      } catch (BrokenStructureException e) {
        // no code
      }
      return false;
    }

    long copiedToRdx(SavedRegisters saved) {
      long[] values = {saved.rbx(), saved.r12(), saved.r13(), saved.r14(), saved.r15()};
      int[] prefixes = {0x48, 0x4c, 0x4c, 0x4c, 0x4c};
      int[] modrms = {0xda, 0xe2, 0xea, 0xf2, 0xfa};
      for (int i = 0; i < values.length; i++) {
        if (copiesToRdx(prefixes[i], modrms[i]) && text(values[i]) != null) {
          return values[i];
        }
      }
      return 0;
    }
  }

  // ---- C++

  private Reason exception(Registers registers, @Nullable SavedRegisters saved) {
    long sp = registers.rsp() & -WORD;
    try {
      for (int i = 0; i < SEARCHED_WORDS && memory.isReadable(sp); i++, sp += WORD) {
        Reason reason = exceptionAt(memory.word(sp));
        if (reason != null) {
          return reason;
        }
      }
    } catch (BrokenStructureException e) {
      // the stack ends here
    }
    if (saved != null) {
      for (long each : new long[] {saved.rbx(), saved.r12(), saved.r14(), saved.r15()}) {
        Reason reason = exceptionAt(each);
        if (reason != null) {
          return reason;
        }
      }
    }
    return new Reason(Reason.CXX_TERMINATE, null, null);
  }

  private @Nullable Reason exceptionAt(long header) {
    try {
      if ((header & 7) != 0 || !memory.isReadable(header) || memory.word(header) != GNU_CXX) {
        return null;
      }
      long type = memory.word(header - TYPE_BEFORE_HEADER);
      String name = typeName(type);
      return name == null
          ? null
          : new Reason(Reason.CXX_EXCEPTION, name, message(type, header + UNWIND_HEADER_SIZE));
    } catch (BrokenStructureException e) {
      return null;
    }
  }

  /** type_info: its virtual table, its name. */
  private @Nullable String typeName(long type) {
    String name = text(memory.word(type + WORD), MAX_TYPE_NAME);
    return name != null && name.startsWith("*") ? name.substring(1) : name;
  }

  /** The message of a std::runtime_error or std::logic_error; null for other types. */
  private @Nullable String message(long type, long object) {
    try {
      for (int i = 0; i < MAX_BASES; i++) {
        String name = typeName(type);
        if (name == null) {
          return null;
        }
        if (name.equals("St13runtime_error") || name.equals("St11logic_error")) {
          return text(memory.word(object + WORD));
        }
        type = memory.word(type + 2 * WORD); // __si_class_type_info: its only base class
      }
    } catch (BrokenStructureException e) {
      // not such a class
    }
    return null;
  }

  private @Nullable String text(long address) {
    return text(address, MAX_MESSAGE);
  }

  /** A printable text; null if it is not printable. */
  private @Nullable String text(long address, int limit) {
    try {
      String text = address <= 0 ? "" : memory.cString(address, limit);
      for (int i = 0; i < text.length(); i++) {
        if (text.charAt(i) < ' ' && text.charAt(i) != '\n' && text.charAt(i) != '\t') {
          return null;
        }
      }
      return text.isEmpty()
          ? null
          : new String(text.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    } catch (BrokenStructureException e) {
      return null;
    }
  }
}
