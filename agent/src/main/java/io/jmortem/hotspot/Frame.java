// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A frame of a stack.
 *
 * @param className binary name; null for a frame that is no Java method's, like all up to bci
 * @param file null if not known
 * @param line 0 if not known
 * @param bci 0 for a native method
 * @param function of a stub its name in the code cache, of native code the symbol and the offset
 *     from it, where there is one; otherwise null
 * @param locked addresses of the objects that the frame has locked, the newest first; the
 *     compiler's own account, without those whose locking it has left out
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

  /** What runs the method. */
  public enum Kind {
    /** The interpreter. */
    INTERPRETED,
    /** Code of a compiler. */
    COMPILED,
    /** Code of a compiler, as part of the next older frame's. */
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
    /** By HotSpot's own structures. */
    CERTAIN,
    /** By looking for something on the stack that could be its return address. */
    GUESSED
  }

  /** Whether a virtual thread is about to leave its carrier here. */
  boolean isYield() {
    return VirtualThreads.CONTINUATION.equals(className)
        && method != null
        && (method.startsWith("yield") || method.equals("doYield"));
  }

  Frame withLocked(List<Long> others) {
    return new Frame(
        kind, className, method, descriptor, file, line, bci, function, pc, sp, trust, others);
  }

  /** The same, its function called by this name. */
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

  /** One that is no Java method's. */
  public static Frame other(Kind kind, @Nullable String function, long pc, long sp, Trust trust) {
    return new Frame(kind, null, null, null, null, 0, 0, function, pc, sp, trust, List.of());
  }
}
