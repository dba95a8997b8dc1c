// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.proc.MemoryMap;

/** The VM in a process's memory: everything that is found once, and serves all threads. */
final class HotSpotVm {

  final ProcessMemory memory;
  final VmStructs structs;
  final HotSpotVersion version;
  final VmFlags flags;
  final Klasses klasses;
  final Methods methods;
  final Oops oops;
  final CodeCache codeCache;
  final ScopeDescs scopeDescs;
  final JavaFrameAnchors anchors;

  private HotSpotVm(ProcessMemory memory, VmStructs structs) {
    this.memory = memory;
    this.structs = structs;
    this.version = HotSpotVersion.read(memory, structs);
    this.flags = new VmFlags(memory, structs);
    this.klasses = new Klasses(memory, structs, version, new Symbols(memory, structs));
    this.methods = new Methods(memory, structs, version, klasses);
    this.oops = new Oops(memory, structs, flags, klasses);
    this.codeCache = new CodeCache(memory, structs, new CodeBlobs(memory, structs));
    this.scopeDescs = new ScopeDescs(memory, structs, version, methods);
    this.anchors = new JavaFrameAnchors(memory, structs);
  }

  /**
   * Finds the VM.
   *
   * @throws BrokenStructureException if there is none, or it is not HotSpot
   */
  static HotSpotVm find(ProcessMemory memory, MemoryMap map) {
    BrokenStructureException failure =
        new BrokenStructureException("no libjvm is mapped in the process, the lowest address", 0);
    for (MemoryMap.Mapping mapping : map.mappings()) {
      // a VM may be linked into its launcher, too; deleted ones have a suffix
      if (mapping.offset() == 0 && mapping.path().contains("/libjvm.so")) {
        try {
          return new HotSpotVm(
              memory, new VmStructs(memory, new ElfDynamicSymbols(memory, mapping.start())));
        } catch (BrokenStructureException e) {
          failure = e;
        }
      }
    }
    throw failure;
  }
}
