// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.proc.MemoryMap;
import io.jmortem.proc.Numbers;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A signal handler other than HotSpot's that received a fault: that of a profiler, a crash reporter
 * or an interpreter. If it restores the default action or raises the signal again, HotSpot can't
 * handle the fault, even if it would have thrown a NullPointerException for it.
 *
 * @param library the library with the handler
 * @param isNullCheck whether the fault was in code without a file, such as Java's, at an address
 *     near 0
 */
record ForeignHandler(String library, boolean isNullCheck) {

  /** HotSpot treats faults below this address as null checks ({@code os::vm_page_size}). */
  private static final long NULL_PAGE = 4096;

  /** Empty if HotSpot's own handler received the fault, or if the handler is unknown. */
  static Optional<ForeignHandler> of(Death death, Event.@Nullable Fault fault) {
    if (fault == null || fault.code() <= 0) {
      return Optional.empty();
    }
    String library = death.library(fault.handler());
    boolean isHotSpots =
        library.isEmpty() || library.equals("libjvm.so") || library.startsWith("libjsig");
    return isHotSpots
        ? Optional.empty()
        : Optional.of(new ForeignHandler(library, isNullCheck(death, fault)));
  }

  private static boolean isNullCheck(Death death, Event.Fault fault) {
    OptionalLong address = Numbers.address(fault.address());
    Optional<MemoryMap.Mapping> code =
        fault.registers() == null
            ? Optional.empty()
            : death.mapping(fault.registers().getOrDefault("rip", ""));
    return address.isPresent()
        && address.getAsLong() >= 0
        && address.getAsLong() < NULL_PAGE
        && Faults.hasAddress(fault)
        && code.filter(mapping -> mapping.path().isEmpty()).isPresent();
  }

  /** A clause that follows the fault. */
  String clause() {
    return ", which the signal handler of " + library + " received instead of HotSpot's";
  }

  String hint() {
    return (isNullCheck
            ? "the fault was a null check of Java code, for which HotSpot throws"
                + " NullPointerException; "
            : "")
        + library
        + " replaced HotSpot's handler: start the JVM with LD_PRELOAD=libjsig.so, or make that"
        + " handler pass on signals that it does not handle";
  }
}
