// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import io.jmortem.proc.MemoryMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts {@link HsErrDetails} together. */
@SuppressWarnings("NullAway.Init") // what is never null is always set
final class HsErrDetailsBuilder {

  private @Nullable String accessError;
  private MemoryMap.@Nullable Mapping faultMapping;
  private @Nullable String freeStack;
  private @Nullable String vmOperation;
  private @Nullable String vmState;
  private List<String> ownedMutexes;
  private List<String> signalHandlers;
  private List<String> internalExceptions;
  private List<String> deoptimizations;
  private List<String> collections;
  private Map<String, String> registerMappings;
  private Map<String, String> container;
  private List<String> nativeMemory;

  HsErrDetailsBuilder() {}

  HsErrDetailsBuilder accessError(@Nullable String value) {
    this.accessError = value;
    return this;
  }

  HsErrDetailsBuilder faultMapping(MemoryMap.@Nullable Mapping value) {
    this.faultMapping = value;
    return this;
  }

  HsErrDetailsBuilder freeStack(@Nullable String value) {
    this.freeStack = value;
    return this;
  }

  HsErrDetailsBuilder vmOperation(@Nullable String value) {
    this.vmOperation = value;
    return this;
  }

  HsErrDetailsBuilder vmState(@Nullable String value) {
    this.vmState = value;
    return this;
  }

  HsErrDetailsBuilder ownedMutexes(List<String> value) {
    this.ownedMutexes = value;
    return this;
  }

  HsErrDetailsBuilder signalHandlers(List<String> value) {
    this.signalHandlers = value;
    return this;
  }

  HsErrDetailsBuilder internalExceptions(List<String> value) {
    this.internalExceptions = value;
    return this;
  }

  HsErrDetailsBuilder deoptimizations(List<String> value) {
    this.deoptimizations = value;
    return this;
  }

  HsErrDetailsBuilder collections(List<String> value) {
    this.collections = value;
    return this;
  }

  HsErrDetailsBuilder registerMappings(Map<String, String> value) {
    this.registerMappings = value;
    return this;
  }

  HsErrDetailsBuilder container(Map<String, String> value) {
    this.container = value;
    return this;
  }

  HsErrDetailsBuilder nativeMemory(List<String> value) {
    this.nativeMemory = value;
    return this;
  }

  HsErrDetails build() {
    return new HsErrDetails(
        accessError,
        faultMapping,
        freeStack,
        vmOperation,
        vmState,
        ownedMutexes,
        signalHandlers,
        internalExceptions,
        deoptimizations,
        collections,
        registerMappings,
        container,
        nativeMemory);
  }
}
