// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code CodeCache}: finds the code that contains an address. */
final class CodeCache {

  private static final int MAX_HEAPS = 16;
  private static final int FREE_SEGMENT = 0xff;
  private static final int MAX_HOPS = 100_000;

  private record Heap(long low, long high, long segmentMap, int log2SegmentSize) {
    boolean contains(long pc) {
      return pc >= low && pc < high;
    }
  }

  private final ProcessMemory memory;
  private final CodeBlobs blobs;
  private final Heap[] heaps;
  private final int headerSize;
  private final int used;
  private final long interpreterStart;
  private final long interpreterEnd;
  private final Map<Long, CodeBlob> known = new HashMap<>();

  CodeCache(ProcessMemory memory, VmStructs structs, CodeBlobs blobs) {
    this.memory = memory;
    this.blobs = blobs;
    this.headerSize = structs.size("HeapBlock");
    this.used = structs.offset("HeapBlock::Header._used");
    this.heaps = readHeaps(structs);
    long queue = structs.staticWord("AbstractInterpreter._code");
    if (queue == 0) { // a VM that has just begun to start
      interpreterStart = 0;
      interpreterEnd = 0;
    } else {
      interpreterStart = memory.word(queue + structs.offset("StubQueue._stub_buffer"));
      interpreterEnd =
          interpreterStart + memory.int4(queue + structs.offset("StubQueue._buffer_limit"));
    }
  }

  private Heap[] readHeaps(VmStructs structs) {
    if (!structs.has("CodeCache._heaps")) { // JDK 8
      return new Heap[] {readHeap(structs, structs.staticWord("CodeCache._heap"))};
    }
    long array = structs.staticWord("CodeCache._heaps");
    int length =
        memory.int4(array + structs.offset("GrowableArrayBase._len", "GenericGrowableArray._len"));
    long data = memory.word(array + structs.offset("GrowableArray<int>._data"));
    Heap[] found = new Heap[Math.max(0, Math.min(length, MAX_HEAPS))];
    for (int i = 0; i < found.length; i++) {
      found[i] = readHeap(structs, memory.word(data + 8L * i));
    }
    return found;
  }

  private Heap readHeap(VmStructs structs, long heap) {
    long space = heap + structs.offset("CodeHeap._memory");
    long segments = heap + structs.offset("CodeHeap._segmap");
    int low = structs.offset("VirtualSpace._low");
    return new Heap(
        memory.word(space + low),
        memory.word(space + structs.offset("VirtualSpace._high")),
        memory.word(segments + low),
        memory.int4(heap + structs.offset("CodeHeap._log2_segment_size")));
  }

  boolean isInterpreter(long pc) {
    return pc >= interpreterStart && pc < interpreterEnd;
  }

  boolean contains(long pc) {
    for (Heap heap : heaps) {
      if (heap.contains(pc)) {
        return true;
      }
    }
    return false;
  }

  /** The blob whose code contains an address, or null. */
  @Nullable CodeBlob find(long pc) {
    for (Heap heap : heaps) {
      if (heap.contains(pc)) {
        long block = blockStart(heap, pc);
        if (block == 0 || memory.uint1(block + used) == 0) {
          return null;
        }
        CodeBlob blob = known.get(block);
        if (blob == null) {
          blob = blobs.read(block + headerSize);
          known.put(block, blob);
        }
        return blob.contains(pc) ? blob : null;
      }
    }
    return null;
  }

  /** The byte of a segment says how far back its block begins; long distances take several hops. */
  private long blockStart(Heap heap, long pc) {
    long segment = (pc - heap.low) >>> heap.log2SegmentSize;
    int tag = memory.uint1(heap.segmentMap + segment);
    if (tag == FREE_SEGMENT) {
      return 0;
    }
    for (int hops = 0; tag > 0 && hops < MAX_HOPS; hops++) {
      segment -= tag;
      if (segment < 0) {
        return 0;
      }
      tag = memory.uint1(heap.segmentMap + segment);
    }
    return tag == 0 ? heap.low + (segment << heap.log2SegmentSize) : 0;
  }
}
