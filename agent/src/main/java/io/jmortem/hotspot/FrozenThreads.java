// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kernel names and registers of Java threads. */
final class FrozenThreads {

  private final Map<Integer, FrozenProcess.FrozenThread> byNativeId = new HashMap<>();
  private final CrashedThread crashed;

  FrozenThreads(FrozenProcess process, CrashedThread crashed) {
    this.crashed = crashed;
    for (FrozenProcess.FrozenThread thread : process.threads()) {
      byNativeId.put(thread.nativeId(), thread);
    }
  }

  /** The kernel's thread; null if it is unknown. */
  FrozenProcess.@Nullable FrozenThread of(JavaThread thread) {
    return byNativeId.get(thread.nativeId());
  }

  /** The registers; for the crashed thread those at the fault; null if they are unknown. */
  @Nullable Registers registers(JavaThread thread) {
    if (crashed.is(thread.nativeId()) && crashed.registers() != null) {
      return crashed.registers();
    }
    FrozenProcess.FrozenThread kernelThread = of(thread);
    return kernelThread == null ? null : kernelThread.registers();
  }
}
