// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.HashMap;
import java.util.Map;

/** The current values of the VM's flags ({@code -XX:}), not the values on the command line. */
final class VmFlags {

  private static final int MAX_FLAGS = 10_000;
  private static final int MAX_NAME = 128;

  private final ProcessMemory memory;
  private final Map<String, Long> addresses = new HashMap<>(4096);

  VmFlags(ProcessMemory memory, VmStructs structs) {
    this.memory = memory;
    long flag = structs.staticWord("JVMFlag.flags", "Flag.flags");
    long count = structs.staticWord("JVMFlag.numFlags", "Flag.numFlags");
    int size = structs.sizeOfFirst("JVMFlag", "Flag");
    int name = structs.offset("JVMFlag._name", "Flag._name");
    int address = structs.offset("JVMFlag._addr", "Flag._addr");
    for (long i = 0; i < count && i < MAX_FLAGS; i++, flag += size) {
      long text = memory.word(flag + name);
      if (text != 0) { // an empty entry ends the table
        addresses.put(memory.cString(text, MAX_NAME), memory.word(flag + address));
      }
    }
  }

  /** A flag of type bool. */
  boolean isOn(String name) {
    Long address = addresses.get(name);
    return address != null && memory.uint1(address) != 0;
  }

  boolean exists(String name) {
    return addresses.containsKey(name);
  }
}
