// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

/**
 * How a process ended, decoded from the status that wait(2) returns.
 *
 * @param code 0 to 255, or -1 if a signal ended it
 * @param signo the signal that ended it, or 0
 */
public record ExitStatus(int code, int signo, boolean coreDumped) {

  /** Decodes the status. */
  public static ExitStatus of(int status) {
    int signo = status & 0x7f;
    return signo == 0
        ? new ExitStatus(status >> 8 & 0xff, 0, false)
        : new ExitStatus(-1, signo, (status & 0x80) != 0);
  }
}
