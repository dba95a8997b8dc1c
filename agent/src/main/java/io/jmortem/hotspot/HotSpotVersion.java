// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * Differences between versions of HotSpot that its tables do not show. Only this class decides by
 * version. Other classes ask {@link VmStructs} for an entry, or recognise a layout by its content.
 *
 * <p>The list shows each JDK's changes of layout, and the classes that handle them. ReplayTest has
 * a memory image of each JDK in bold.
 *
 * <ul>
 *   <li><b>8</b>: the base of this list.
 *   <li>9: an interpreted frame holds its class's mirror, so data below is one word further
 *       (JDK-8154580): {@link #interpretedBcpSlot}, {@link #monitorTopSlot}. A String has bytes
 *       (JEP 254): Oops. The code cache has several heaps (JEP 197): CodeCache.
 *   <li>10: the list of threads is ThreadsSMRSupport's: JavaThreads. <b>11</b> is as 10.
 *   <li>16: a monitor refers to its object by a WeakHandle (JDK-8247281): {@link
 *       #monitorHasHandle}. <b>17</b> is as 16.
 *   <li>19: a Thread has its state in a separate object, and there are virtual threads (JEP 425):
 *       ThreadObjects, VirtualThreads, StackChunks.
 *   <li>20: in UNSIGNED5, a zero byte is not part of a number (JDK-8292758): {@link
 *       #unsigned5Excluded}.
 *   <li><b>21</b>: a class's fields are a compressed stream (JDK-8292818): Klasses.
 *   <li>22: an interpreted frame's monitor top is a number of words from fp (JDK-8315966):
 *       FrameLocks.
 *   <li>23: what describes compiled code is no longer in the code cache (JDK-8331087): CodeBlobs.
 *   <li>24: a class pointer may be in the mark (JEP 450): Oops. A virtual thread leaves its carrier
 *       while it waits for a monitor (JEP 491): LockGraph. ZGC always has colours (JEP 490): Oops.
 *   <li><b>25</b>: the metadata of compiled code is no longer in the code cache (JDK-8343789):
 *       CodeBlobs. <b>26</b> has renamed the entry for deoptimization handlers.
 *   <li><b>27</b>: a class pointer is always narrow, and its entry has another name (JDK-8363996);
 *       by default it is in the mark (JEP 534): Oops.
 * </ul>
 *
 * @param feature the JDK's feature version, such as 17
 */
record HotSpotVersion(int feature) {

  static HotSpotVersion read(ProcessMemory memory, VmStructs structs) {
    // a VM of JDK 8 has both; the second says 25, which was HotSpot's own version number
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

  /** How many byte values are not part of a number. */
  int unsigned5Excluded() {
    return feature >= 20 ? 1 : 0;
  }

  /** Where an interpreted frame holds its bytecode's address, in words from fp. */
  int interpretedBcpSlot() {
    return hasMirrorInFrame() ? -8 : -7;
  }

  /** Where an interpreted frame holds its monitor top, in words from fp. */
  int monitorTopSlot() {
    return hasMirrorInFrame() ? -9 : -8;
  }

  private boolean hasMirrorInFrame() {
    return feature >= 9;
  }

  /** Whether a monitor refers to its object by a WeakHandle. */
  boolean monitorHasHandle() {
    return feature >= 16;
  }
}
