// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import io.jmortem.proc.MemoryMap;

/** The VM in a process's memory: everything that is found once and used for all threads. */
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
  final CallInstructions calls;

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
    this.calls = new CallInstructions(memory, codeCache);
    this.anchors = new JavaFrameAnchors(memory, structs);
  }

  /** Whether all threads are stopped for a garbage collection, which may be moving objects. */
  boolean isCollecting() {
    int flag =
        structs.offsetOrNone("CollectedHeap._is_stw_gc_active", "CollectedHeap._is_gc_active");
    long heap =
        structs.has("Universe._collectedHeap") ? structs.staticWord("Universe._collectedHeap") : 0;
    return flag >= 0 && heap != 0 && memory.uint1(heap + flag) != 0;
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
      // a VM may also be linked into its launcher; paths of deleted files have a suffix
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
