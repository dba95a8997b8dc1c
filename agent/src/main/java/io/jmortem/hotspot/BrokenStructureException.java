// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * A structure in the process's memory that can't be read, or can't be what it should be. Frequent
 * where a stack is scanned, hence without a stack trace, and with a message made on demand.
 */
final class BrokenStructureException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final String what;
  private final long address;

  /**
   * @param what which structure, and what is wrong with it
   * @param address where
   */
  BrokenStructureException(String what, long address) {
    super(null, null, false, false);
    this.what = what;
    this.address = address;
  }

  @Override
  public String getMessage() {
    return what + " at 0x" + Long.toHexString(address);
  }
}
