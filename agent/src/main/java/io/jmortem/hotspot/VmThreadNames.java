// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * The full names of HotSpot's own threads; the kernel keeps only 15 bytes. HotSpot has no list of
 * these threads. But the oldest frames of each, and its thread-local variables above them, hold the
 * address of its {@code Thread}, which is recognised by the tid and the name.
 */
final class VmThreadNames {

  private static final int SEARCHED_WORDS = 2048;
  private static final int MAX_NAME = 128;
  private static final int KERNEL_NAME_LENGTH = 15;

  /** The only thread without a name field: {@code WatcherThread}. */
  private static final String WATCHER = "VM Periodic Task Thread";

  private final ProcessMemory memory;
  private final JavaThreads javaThreads;
  private final int name;

  VmThreadNames(HotSpotVm vm, JavaThreads javaThreads) {
    this.memory = vm.memory;
    this.javaThreads = javaThreads;
    this.name = vm.structs.offsetOrNone("NamedThread._name");
  }

  /** The full name, or the kernel's name if nothing better is found. */
  String fullName(FrozenProcess.FrozenThread thread) {
    if (thread.name().length() < KERNEL_NAME_LENGTH) {
      return thread.name();
    }
    if (WATCHER.startsWith(thread.name())) {
      return WATCHER;
    }
    if (name >= 0 && thread.registers() != null) {
      long sp = thread.registers().rsp() & -8;
      for (int i = 0; i < SEARCHED_WORDS && memory.isReadable(sp + 8L * i); i++) {
        String found = nameOf(memory.word(sp + 8L * i), thread);
        if (found != null) {
          return found;
        }
      }
    }
    return thread.name();
  }

  private @Nullable String nameOf(long candidate, FrozenProcess.FrozenThread thread) {
    if ((candidate & 7) != 0 || !memory.isReadable(candidate)) {
      return null;
    }
    try {
      if (javaThreads.nativeId(candidate) == thread.nativeId()) {
        String found = memory.cString(memory.word(candidate + name), MAX_NAME);
        return found.startsWith(thread.name()) ? found : null;
      }
    } catch (BrokenStructureException e) {
      // something else
    }
    return null;
  }
}
