// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * A structure in the process's memory can't be read, or is not valid. This exception is frequent
 * when a stack is scanned, so it has no stack trace, and makes its message on demand.
 */
final class BrokenStructureException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final String what;
  private final long address;

  /**
   * @param what the structure, and what is wrong with it
   * @param address its address
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
