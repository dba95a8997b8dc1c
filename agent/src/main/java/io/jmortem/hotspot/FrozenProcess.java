// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.proc.MemoryMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stopped process, the input of {@link StackWalk}.
 *
 * @param memory its memory
 * @param map its memory map
 * @param threads the threads that the kernel knows
 * @param crashedId the tid of the thread that died, or 0
 * @param fault its registers at the fault, not those in the signal handler; null if unknown
 * @param saved more of these registers; null if unknown
 * @param status the process's status as wait(2) returns it, if the thread that ended the process
 *     was not recorded; otherwise 0
 */
public record FrozenProcess(
    MemorySource memory,
    MemoryMap map,
    List<FrozenThread> threads,
    int crashedId,
    @Nullable Registers fault,
    @Nullable SavedRegisters saved,
    int status) {

  /**
   * A thread that the kernel knows.
   *
   * @param nativeId its tid in the process's own pid namespace
   * @param name its kernel name: at most 15 bytes
   * @param registers null if they are unknown
   */
  public record FrozenThread(int nativeId, String name, @Nullable Registers registers) {}
}
