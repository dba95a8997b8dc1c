// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * What differs between versions of HotSpot, and its tables do not tell.
 *
 * @param feature the JDK's feature version, such as 17
 */
record HotSpotVersion(int feature) {

  static HotSpotVersion read(ProcessMemory memory, VmStructs structs) {
    // a VM of JDK 8 has both, and says 25 in the second: HotSpot's own number at that time
    VmStructs.Field current = structs.find("JDK_Version._current");
    if (current != null) {
      int major = structs.offset("JDK_Version._major", "JDK_Version._partially_initialized");
      int feature = memory.uint1(current.at() + major);
      if (feature >= 8) {
        return new HotSpotVersion(feature);
      }
    }
    return new HotSpotVersion(
        memory.int4(structs.address("Abstract_VM_Version._vm_major_version")));
  }

  /** Since 20 (JDK-8292758) a zero byte is no part of a number. */
  int unsigned5Excluded() {
    return feature >= 20 ? 1 : 0;
  }

  /** Since 9 an interpreted frame holds its class's mirror, above the rest (JDK-8154580). */
  boolean hasMirrorInFrame() {
    return feature >= 9;
  }

  /** Since 16 (JDK-8247281) a monitor refers to its object by a WeakHandle. */
  boolean monitorHasHandle() {
    return feature >= 16;
  }
}
