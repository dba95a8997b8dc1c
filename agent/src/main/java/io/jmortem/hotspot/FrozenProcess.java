// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.proc.MemoryMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process that does not run, as it is given to {@link StackWalk}.
 *
 * @param memory its memory
 * @param map what is mapped where
 * @param threads those that the kernel knows
 * @param crashedId the number of the one that died, or 0
 * @param fault its registers at that moment, not those of the signal's handler; null if not known
 * @param saved more of these registers; null if not known
 * @param status the process's, as wait(2) gives it, where nobody has seen which thread ended it;
 *     else 0
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
   * A thread of the kernel's.
   *
   * @param nativeId its number in the process's own pid namespace
   * @param name the kernel's: at most 15 bytes
   * @param registers null if they are not known
   */
  public record FrozenThread(int nativeId, String name, @Nullable Registers registers) {}
}
