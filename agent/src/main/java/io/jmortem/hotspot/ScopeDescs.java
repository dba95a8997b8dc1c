// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code PcDesc} and {@code ScopeDesc}: the methods and bytecodes at a pc of an nmethod. */
final class ScopeDescs {

  private static final int MAX_INLINED = 256;
  private static final int MAX_MONITORS = 256;
  private static final int MAX_PC_DESCS = 1_000_000;

  // the beginning of a ScopeValue: debugInfo.hpp
  private static final int LOCATION_CODE = 0;
  private static final int CONSTANT_OOP_CODE = 2;

  /**
   * The methods at a pc, innermost first.
   *
   * @param exact whether the compiler described exactly this pc
   */
  record Scopes(List<ScopeDesc> list, boolean exact) {}

  private final ProcessMemory memory;
  private final Methods methods;
  private final HotSpotVersion version;
  private final int pcOffset;
  private final int scopeOffset;
  private final int pcDescSize;
  private final Map<Long, Scopes> known = new HashMap<>();

  ScopeDescs(ProcessMemory memory, VmStructs structs, HotSpotVersion version, Methods methods) {
    this.memory = memory;
    this.methods = methods;
    this.version = version;
    this.pcOffset = structs.offset("PcDesc._pc_offset");
    this.scopeOffset = structs.offset("PcDesc._scope_decode_offset");
    this.pcDescSize = structs.size("PcDesc");
  }

  /** Whether a pc is the return address of a call. */
  boolean isReturnAddress(CodeBlob blob, long pc) {
    return isAt(blob, findPcDesc(blob, pc), pc);
  }

  private boolean isAt(CodeBlob blob, long descriptor, long pc) {
    return descriptor != 0 && blob.codeStart() + memory.int4(descriptor + pcOffset) == pc;
  }

  /** The methods at a pc: of its own PcDesc, or of the nearest one before it. */
  Scopes at(CodeBlob blob, long pc) {
    Scopes found = known.get(pc);
    if (found == null) {
      found = read(blob, pc);
      known.put(pc, found);
    }
    return found;
  }

  private Scopes read(CodeBlob blob, long pc) {
    List<ScopeDesc> scopes = new ArrayList<>();
    long descriptor = findPcDesc(blob, pc);
    int offset = descriptor == 0 ? 0 : memory.int4(descriptor + scopeOffset);
    for (int i = 0; offset > 0 && i < MAX_INLINED; i++) {
      Unsigned5 stream =
          new Unsigned5(
              memory, version.unsigned5Excluded(), blob.requireNMethod().scopesData() + offset);
      offset = stream.next();
      scopes.add(readScope(blob, stream));
    }
    if (scopes.isEmpty()) { // the wrapper of a native method has none
      scopes.add(new ScopeDesc(methods.at(blob.requireNMethod().method()), 0, List.of()));
    }
    return new Scopes(scopes, isAt(blob, descriptor, pc));
  }

  private ScopeDesc readScope(CodeBlob blob, Unsigned5 stream) {
    int index = stream.next();
    if (index <= 0) {
      throw new BrokenStructureException("ScopeDesc without method", blob.address());
    }
    JavaMethod method =
        methods.at(memory.word(blob.requireNMethod().metadata() + 8L * (index - 1)));
    int bci = stream.next() - 1;
    stream.next(); // locals
    stream.next(); // expressions
    int monitors = stream.next();
    // bci -1 is the entry, where a synchronized method locks
    return new ScopeDesc(method, Math.max(bci, 0), readMonitors(blob, monitors));
  }

  private List<ScopeDesc.Monitor> readMonitors(CodeBlob blob, int offset) {
    if (offset <= 0) {
      return List.of();
    }
    Unsigned5 stream =
        new Unsigned5(
            memory, version.unsigned5Excluded(), blob.requireNMethod().scopesData() + offset);
    int count = Math.min(stream.next(), MAX_MONITORS);
    List<ScopeDesc.Monitor> monitors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      stream.next(); // where the BasicLock is
      int code = stream.next();
      if (code != LOCATION_CODE && code != CONSTANT_OOP_CODE) {
        break; // an object that exists only in registers: no other thread can wait for its lock
      }
      int value = stream.next();
      boolean isEliminated = stream.rawByte() != 0;
      monitors.add(new ScopeDesc.Monitor(value, code == CONSTANT_OOP_CODE, isEliminated));
    }
    return monitors;
  }

  /**
   * The last PcDesc that is not after the pc, or the first one; 0 if there is none. PcDescs are
   * sorted.
   */
  private long findPcDesc(CodeBlob blob, long pc) {
    NMethod nmethod = blob.requireNMethod();
    long bytes = nmethod.pcDescsEnd() - nmethod.pcDescs();
    if (bytes <= 0 || bytes / pcDescSize > MAX_PC_DESCS) {
      return 0;
    }
    long wanted = pc - blob.codeStart();
    int low = 1; // there is a sentinel at both ends
    int high = (int) (bytes / pcDescSize) - 2;
    int best = 0;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (memory.int4(nmethod.pcDescs() + (long) middle * pcDescSize + pcOffset) <= wanted) {
        best = middle;
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    if (best == 0 && bytes / pcDescSize > 2) {
      best = 1;
    }
    return best == 0 ? 0 : nmethod.pcDescs() + (long) best * pcDescSize;
  }
}
