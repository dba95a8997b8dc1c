// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.proc.SignalNames;
import java.util.Optional;

/** What a fault's own data say. */
public final class Faults {

  private static final int SI_KERNEL = 128;
  private static final int PAGE_FAULT = 14;

  private Faults() {}

  /** A general protection fault does not say which address it was about; nor does a sender. */
  public static boolean hasAddress(Event.Fault fault) {
    return hasAddress(fault.code());
  }

  /** The same, by its code. */
  public static boolean hasAddress(int code) {
    return code > 0 && code != SI_KERNEL;
  }

  /**
   * What the instruction did with the address: read, write or exec. From the error code of an x86
   * page fault (Intel SDM 3A 4.7).
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

  /** Behind the signal's name; empty where nothing is known. */
  static String text(Event.Fault fault) {
    if (fault == null) {
      return "";
    }
    String access = access(fault).map(kind -> ", " + kind).orElse("");
    String where = hasAddress(fault) ? " at " + fault.address() : "";
    return " (" + SignalNames.code(fault.signo(), fault.code()) + access + ")" + where;
  }
}
