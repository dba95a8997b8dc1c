// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A frame of a stack.
 *
 * @param className binary name; if the frame is not of a Java method, this is null, as all up to
 *     bci
 * @param file null if unknown
 * @param line 0 if unknown
 * @param bci 0 for a native method
 * @param function the name of a stub in the code cache, or the symbol and offset of native code;
 *     null if there is none
 * @param locked addresses of the objects that the frame has locked, newest first; of compiled code
 *     without those whose locking the compiler has eliminated
 */
public record Frame(
    Kind kind,
    @Nullable String className,
    @Nullable String method,
    @Nullable String descriptor,
    @Nullable String file,
    int line,
    int bci,
    @Nullable String function,
    long pc,
    long sp,
    Trust trust,
    List<Long> locked) {

  /** Evidence leaves out what is empty. */
  public Frame {
    locked = locked == null ? List.of() : locked;
  }

  /** What executes the method. */
  public enum Kind {
    /** The interpreter. */
    INTERPRETED,
    /** Compiled code. */
    COMPILED,
    /** Compiled code, inlined into the next older frame. */
    INLINED,
    /** A native method, called by the interpreter or by a compiled wrapper. */
    NATIVE,
    /** Libjvm itself. */
    VM,
    /** Code that HotSpot generated for itself, such as arraycopy. */
    STUB
  }

  /** How a frame was found. */
  public enum Trust {
    /** From HotSpot's own structures. */
    CERTAIN,
    /** From a value on the stack that could be a return address. */
    GUESSED
  }

  /** Whether a virtual thread is about to unmount here. */
  boolean isYield() {
    return VirtualThreads.CONTINUATION.equals(className)
        && method != null
        && (method.startsWith("yield") || method.equals("doYield"));
  }

  Frame withLocked(List<Long> others) {
    return new Frame(
        kind, className, method, descriptor, file, line, bci, function, pc, sp, trust, others);
  }

  /** The same frame with this name of the function. */
  public Frame withFunction(String name) {
    return new Frame(
        kind, className, method, descriptor, file, line, bci, name, pc, sp, trust, locked);
  }

  boolean is(String wantedClass, String wantedMethod) {
    return wantedMethod.equals(method) && wantedClass.equals(className);
  }

  static Frame java(
      Kind kind, JavaMethod method, int bci, long pc, long sp, Trust trust, List<Long> locked) {
    return new Frame(
        method.isNative() ? Kind.NATIVE : kind,
        method.className(),
        method.name(),
        method.descriptor(),
        method.sourceFile(),
        method.line(bci),
        bci,
        null,
        pc,
        sp,
        trust,
        locked);
  }

  /** A frame that is not of a Java method. */
  public static Frame other(Kind kind, @Nullable String function, long pc, long sp, Trust trust) {
    return new Frame(kind, null, null, null, null, 0, 0, function, pc, sp, trust, List.of());
  }
}
