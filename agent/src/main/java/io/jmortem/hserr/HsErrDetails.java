// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import io.jmortem.proc.MemoryMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * More facts of a log about the VM at the fault, as printed. Missing text is null, and missing
 * lists and maps are empty.
 *
 * @param accessError the VM's message about a file that it could not access, below siginfo
 * @param faultMapping the listed mapping that contains the fault's address; null if there is none
 * @param freeStack free space of the current thread's stack, such as {@code 1016k}
 * @param vmOperation what the VM thread was doing, after its address
 * @param vmState such as {@code at safepoint (normal execution)}
 * @param ownedMutexes mutexes of the VM, with their owners
 * @param signalHandlers handlers that are not the VM's, or were changed
 * @param internalExceptions the last exceptions thrown inside the VM
 * @param deoptimizations the last deoptimizations
 * @param collections the last garbage collections
 * @param registerMappings what each register points to
 * @param container limits and usage of the container, by the VM's names
 * @param nativeMemory native memory tracking of the VM, if it is on
 */
public record HsErrDetails(
    @Nullable String accessError,
    MemoryMap.@Nullable Mapping faultMapping,
    @Nullable String freeStack,
    @Nullable String vmOperation,
    @Nullable String vmState,
    List<String> ownedMutexes,
    List<String> signalHandlers,
    List<String> internalExceptions,
    List<String> deoptimizations,
    List<String> collections,
    Map<String, String> registerMappings,
    Map<String, String> container,
    List<String> nativeMemory) {}
