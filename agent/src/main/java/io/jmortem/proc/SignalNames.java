// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** Linux's names of signals and of si_code values (signal(7), sigaction(2)). */
public final class SignalNames {

  /** Signals that the CPU raises at an instruction. */
  public static final Set<Integer> FAULTS = Set.of(4, 5, 7, 8, 11);

  private static final List<String> SIGNALS =
      List.of(
          "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
          "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
          "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  private static final Map<Integer, String> SENT =
      Map.of(
          0,
          "SI_USER",
          128,
          "SI_KERNEL",
          -1,
          "SI_QUEUE",
          -2,
          "SI_TIMER",
          -3,
          "SI_MESGQ",
          -4,
          "SI_ASYNCIO",
          -5,
          "SI_SIGIO",
          -6,
          "SI_TKILL",
          -60,
          "SI_ASYNCNL");

  private static final Map<Integer, List<String>> CODES =
      Map.of(
          4,
          List.of(
              "",
              "ILL_ILLOPC",
              "ILL_ILLOPN",
              "ILL_ILLADR",
              "ILL_ILLTRP",
              "ILL_PRVOPC",
              "ILL_PRVREG",
              "ILL_COPROC",
              "ILL_BADSTK"),
          5,
          List.of("", "TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT", "TRAP_UNK"),
          7,
          List.of("", "BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"),
          8,
          List.of(
              "",
              "FPE_INTDIV",
              "FPE_INTOVF",
              "FPE_FLTDIV",
              "FPE_FLTOVF",
              "FPE_FLTUND",
              "FPE_FLTRES",
              "FPE_FLTINV",
              "FPE_FLTSUB"),
          11,
          List.of(
              "",
              "SEGV_MAPERR",
              "SEGV_ACCERR",
              "SEGV_BNDERR",
              "SEGV_PKUERR",
              "SEGV_ACCADI",
              "SEGV_ADIDERR",
              "SEGV_ADIPERR",
              "SEGV_MTEAERR",
              "SEGV_MTESERR",
              "SEGV_CPERR"),
          31,
          List.of("", "SYS_SECCOMP", "SYS_USER_DISPATCH"));

  private SignalNames() {}

  /** Such as {@code SIGSEGV}; never null. */
  public static String signal(int signo) {
    if (signo > 0 && signo < SIGNALS.size()) {
      return "SIG" + SIGNALS.get(signo);
    }
    return signo >= 34 && signo <= 64 ? "SIGRTMIN+" + (signo - 34) : "signal " + signo;
  }

  /** Such as {@code SEGV_MAPERR} or {@code SI_USER}; never null. */
  public static String code(int signo, int code) {
    if (SENT.containsKey(code)) {
      return SENT.get(code);
    }
    List<String> codes = CODES.getOrDefault(signo, List.of());
    return code > 0 && code < codes.size() ? codes.get(code) : "si_code " + code;
  }
}
