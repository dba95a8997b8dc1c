// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.proc.MemoryMap;
import io.jmortem.proc.Numbers;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A signal handler that is not HotSpot's, and that took a fault: a profiler's, a crash reporter's,
 * an interpreter's. If it then restores the default action or raises the signal again, HotSpot
 * never sees what it would have answered by a NullPointerException.
 *
 * @param library whose it is
 * @param isNullCheck whether the fault was in code without a file, such as Java's, at an address
 *     near 0
 */
record ForeignHandler(String library, boolean isNullCheck) {

  /** HotSpot checks for null by a fault up to here ({@code os::vm_page_size}). */
  private static final long NULL_PAGE = 4096;

  /** Empty if HotSpot's own handler took the fault, or whose it was is not known. */
  static Optional<ForeignHandler> of(Death death, Event.Fault fault) {
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

  /** A clause behind the fault. */
  String clause() {
    return ", which the signal handler of " + library + " took from HotSpot";
  }

  String hint() {
    return (isNullCheck
            ? "a null check of Java code, which HotSpot answers by a NullPointerException; "
            : "")
        + library
        + " replaced HotSpot's handler: load it with LD_PRELOAD=libjsig.so, or have it pass on"
        + " what is not its own";
  }
}
