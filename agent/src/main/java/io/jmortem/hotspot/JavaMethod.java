// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * A {@code Method}.
 *
 * @param address of the Method
 * @param className binary name of the class that declares it
 * @param sourceFile null if the class does not name it
 * @param code the address of its bytecodes
 * @param codeSize their length; 0 for a native or abstract one
 * @param maxStack the size of its expression stack, in words
 * @param lines null if the class has no line numbers
 */
record JavaMethod(
    long address,
    String className,
    String name,
    String descriptor,
    @Nullable String sourceFile,
    boolean isNative,
    long code,
    int codeSize,
    int maxStack,
    @Nullable LineNumberTable lines) {

  /** The line of a bytecode, or 0. */
  int line(int bci) {
    return lines == null || isNative ? 0 : lines.line(bci);
  }
}
