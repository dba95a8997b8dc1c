// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import io.jmortem.proc.MemoryMap;
import java.util.List;
import java.util.Map;

/**
 * What else a log tells of the VM at the fault, as printed. Text that it lacks is null, lists and
 * maps are empty.
 *
 * @param accessError what the VM says of the file that it could not access, below siginfo
 * @param faultMapping in which the fault's address lies, of those that the VM lists; null if none
 * @param freeStack of the current thread's stack, such as {@code 1016k}
 * @param vmOperation what the VM thread was at, behind its address
 * @param vmState such as {@code at safepoint (normal execution)}
 * @param ownedMutexes of the VM's own, with their owners
 * @param signalHandlers those that are not the VM's, or were changed
 * @param internalExceptions the last ones that the VM has seen thrown
 * @param deoptimizations the last ones
 * @param collections the last ones, of garbage
 * @param registerMappings what the value of each register is
 * @param container limits and use, by the VM's names
 * @param nativeMemory the VM's own account of it, where it keeps one
 */
public record HsErrDetails(
    String accessError,
    MemoryMap.Mapping faultMapping,
    String freeStack,
    String vmOperation,
    String vmState,
    List<String> ownedMutexes,
    List<String> signalHandlers,
    List<String> internalExceptions,
    List<String> deoptimizations,
    List<String> collections,
    Map<String, String> registerMappings,
    Map<String, String> container,
    List<String> nativeMemory) {}
