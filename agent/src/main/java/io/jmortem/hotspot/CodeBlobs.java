// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * Reads {@code CodeBlob}, {@code CompiledMethod} (9 to 22) and {@code nmethod}. Pointers or offsets
 * locate their parts, which are in the blob itself or, since 23, in separate memory.
 */
final class CodeBlobs {

  private static final int MAX_NAME = 128;
  private static final int NONE = 0;

  private final ProcessMemory memory;
  private final VmStructs structs;
  private final int name;
  private final int frameSize;
  private final int frameComplete;
  private final int frameCompleteWidth;
  private final int kind;
  private final long kindNmethod;
  private final int method;
  private final int originalPc;
  private final int immutableData;
  private final int mutableData;

  CodeBlobs(ProcessMemory memory, VmStructs structs) {
    this.memory = memory;
    this.structs = structs;
    this.name = structs.offset("CodeBlob._name");
    this.frameSize = structs.offset("CodeBlob._frame_size");
    this.frameComplete = structs.offset("CodeBlob._frame_complete_offset");
    this.frameCompleteWidth = structs.width("CodeBlob._frame_complete_offset");
    this.kind = structs.offsetOrNone("CodeBlob._kind");
    this.kindNmethod = structs.constantOr("CodeBlobKind::Nmethod", -1);
    this.method = structs.offset("nmethod._method", "CompiledMethod._method");
    this.originalPc = structs.offset("nmethod._orig_pc_offset");
    this.immutableData = structs.offsetOrNone("nmethod._immutable_data");
    this.mutableData = structs.offsetOrNone("CodeBlob._mutable_data");
  }

  CodeBlob read(long blob) {
    long nameAt = memory.word(blob + name);
    String text = nameAt == 0 ? "" : memory.cString(nameAt, MAX_NAME);
    long start = at(blob, "CodeBlob._code_begin", "CodeBlob._code_offset");
    long end = at(blob, "CodeBlob._code_end", "CodeBlob._data_offset");
    int complete =
        frameCompleteWidth == 2
            ? (short) memory.uint2(blob + frameComplete)
            : memory.int4(blob + frameComplete);
    return new CodeBlob(
        blob,
        text,
        start,
        end,
        memory.int4(blob + frameSize),
        complete,
        isNmethod(blob, text) ? readNmethod(blob) : null);
  }

  private boolean isNmethod(long blob, String text) {
    return kind >= 0
        ? memory.uint1(blob + kind) == kindNmethod
        : text.equals("nmethod") || text.equals("native nmethod");
  }

  private NMethod readNmethod(long blob) {
    long scopesBase = immutableData >= 0 ? memory.word(blob + immutableData) : blob;
    long scopesData = at(blob, "CompiledMethod._scopes_data_begin");
    if (scopesData == NONE) {
      scopesData = scopesBase + number(blob, "nmethod._scopes_data_offset");
    }
    long pcDescs = scopesBase + number(blob, "nmethod._scopes_pcs_offset");
    // the part that follows
    long pcDescsEnd =
        immutableData >= 0 ? scopesData : scopesBase + number(blob, "nmethod._dependencies_offset");
    return new NMethod(
        memory.word(blob + method),
        at(
            blob,
            "CompiledMethod._deopt_handler_begin",
            "nmethod._deopt_handler_offset",
            "nmethod._deopt_handler_entry_offset",
            "nmethod._deoptimize_offset"),
        at(
            blob,
            "CompiledMethod._deopt_mh_handler_begin",
            "nmethod._deopt_mh_handler_offset",
            "nmethod._deoptimize_mh_offset"),
        memory.int4(blob + originalPc),
        scopesData,
        pcDescs,
        pcDescsEnd,
        metadata(blob),
        oops(blob));
  }

  private long metadata(long blob) {
    if (mutableData >= 0) {
      return memory.word(blob + mutableData) + number(blob, "CodeBlob._relocation_size");
    }
    long base =
        immutableData >= 0 ? at(blob, "CodeBlob._data_begin", "CodeBlob._data_offset") : blob;
    return base + number(blob, "nmethod._metadata_offset");
  }

  private long oops(long blob) {
    return structs.has("nmethod._oops_offset")
        ? blob + number(blob, "nmethod._oops_offset")
        : at(blob, "CodeBlob._data_begin", "CodeBlob._data_offset");
  }

  /** The target of a pointer, or of the first of these offsets that this VM has; or 0. */
  private long at(long blob, String pointer, String... offsets) {
    if (structs.has(pointer)) {
      return memory.word(blob + structs.offset(pointer));
    }
    if (structs.find(offsets) != null) {
      return blob + number(blob, offsets);
    }
    return NONE;
  }

  private long number(long blob, String... names) {
    return memory.unsigned(blob + structs.offset(names), structs.width(names));
  }
}
