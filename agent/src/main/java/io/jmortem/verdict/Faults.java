// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.proc.SignalNames;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the data of a fault mean. */
public final class Faults {

  private static final int SI_KERNEL = 128;
  private static final int PAGE_FAULT = 14;

  private Faults() {}

  /** False for a general protection fault and for a sent signal: they have no address. */
  public static boolean hasAddress(Event.Fault fault) {
    return hasAddress(fault.code());
  }

  /** The same, from the si_code. */
  public static boolean hasAddress(int code) {
    return code > 0 && code != SI_KERNEL;
  }

  /**
   * What the instruction did at the address: read, write or exec. The error code of an x86 page
   * fault says it (Intel SDM 3A 4.7).
   */
  public static Optional<String> access(Event.Fault fault) {
    if (fault.trapNumber() != PAGE_FAULT || !hasAddress(fault)) {
      return Optional.empty();
    }
    if ((fault.errorCode() & 16) != 0) {
      return Optional.of("exec");
    }
    return Optional.of((fault.errorCode() & 2) != 0 ? "write" : "read");
  }

  /** The text that follows the signal's name; empty if nothing is known. */
  static String text(Event.@Nullable Fault fault) {
    if (fault == null) {
      return "";
    }
    String access = access(fault).map(kind -> ", " + kind).orElse("");
    String where = hasAddress(fault) ? " at " + fault.address() : "";
    return " (" + SignalNames.code(fault.signo(), fault.code()) + access + ")" + where;
  }
}
