// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code Method} and {@code ConstMethod}. */
final class Methods {

  private static final int JVM_ACC_NATIVE = 0x100;

  private final ProcessMemory memory;
  private final Klasses klasses;
  private final HotSpotVersion version;
  private final int constMethod;
  private final int accessFlags;
  private final int accessFlagsWidth;
  private final int constants;
  private final int codeSize;
  private final int maxStack;
  private final int nameIndex;
  private final int signatureIndex;
  private final int flags;
  private final int flagsWidth;
  private final long hasLineNumbers;
  private final int constMethodSize;
  private final int poolHolder;
  private final int sourceFileInPool;
  private final int sourceFileInKlass;
  private final Map<Long, JavaMethod> known = new HashMap<>();

  Methods(ProcessMemory memory, VmStructs structs, HotSpotVersion version, Klasses klasses) {
    this.memory = memory;
    this.klasses = klasses;
    this.version = version;
    this.constMethod = structs.offset("Method._constMethod");
    this.accessFlags = structs.offset("Method._access_flags");
    this.accessFlagsWidth = structs.width("AccessFlags._flags");
    this.constants = structs.offset("ConstMethod._constants");
    this.codeSize = structs.offset("ConstMethod._code_size");
    this.maxStack = structs.offset("ConstMethod._max_stack");
    this.nameIndex = structs.offset("ConstMethod._name_index");
    this.signatureIndex = structs.offset("ConstMethod._signature_index");
    this.flags = structs.offset("ConstMethod._flags._flags", "ConstMethod._flags");
    this.flagsWidth = structs.width("ConstMethod._flags._flags", "ConstMethod._flags");
    this.hasLineNumbers =
        structs.constant(
            "ConstMethodFlags::_misc_has_linenumber_table", "ConstMethod::_has_linenumber_table");
    this.constMethodSize = structs.size("ConstMethod");
    this.poolHolder = structs.offset("ConstantPool._pool_holder");
    this.sourceFileInPool = structs.offsetOrNone("ConstantPool._source_file_name_index");
    this.sourceFileInKlass = structs.offsetOrNone("InstanceKlass._source_file_name_index");
  }

  /**
   * The method at an address.
   *
   * @throws BrokenStructureException if there is none
   */
  JavaMethod at(long method) {
    JavaMethod found = known.get(method);
    if (found == null) {
      found = read(method);
      known.put(method, found);
    }
    return found;
  }

  private JavaMethod read(long method) {
    if (method == 0 || (method & 7) != 0) {
      throw new BrokenStructureException("no Method", method);
    }
    long constant = memory.word(method + constMethod);
    if (constant == 0 || (constant & 7) != 0) {
      throw new BrokenStructureException("a Method without ConstMethod", method);
    }
    long pool = memory.word(constant + constants);
    long holder = memory.word(pool + poolHolder);
    String name = klasses.constant(pool, memory.uint2(constant + nameIndex));
    String descriptor = klasses.constant(pool, memory.uint2(constant + signatureIndex));
    if (name.isEmpty() || !descriptor.startsWith("(")) {
      throw new BrokenStructureException("a Method without name and descriptor", method);
    }
    boolean isNative =
        (memory.unsigned(method + accessFlags, accessFlagsWidth) & JVM_ACC_NATIVE) != 0;
    int size = memory.uint2(constant + codeSize);
    long code = constant + constMethodSize;
    boolean hasLines = (memory.unsigned(constant + flags, flagsWidth) & hasLineNumbers) != 0;
    return new JavaMethod(
        method,
        klasses.name(holder),
        name,
        descriptor,
        sourceFile(pool, holder),
        isNative,
        code,
        isNative ? 0 : size,
        memory.uint2(constant + maxStack),
        hasLines ? lines(code + size) : null);
  }

  /** Without it, the rest of the frame is still useful. */
  private @Nullable LineNumberTable lines(long table) {
    try {
      return new LineNumberTable(new Unsigned5(memory, version.unsigned5Excluded(), table));
    } catch (BrokenStructureException e) {
      return null;
    }
  }

  private @Nullable String sourceFile(long pool, long holder) {
    int index =
        sourceFileInPool >= 0
            ? memory.uint2(pool + sourceFileInPool)
            : sourceFileInKlass >= 0 ? memory.uint2(holder + sourceFileInKlass) : 0;
    try {
      return index == 0 ? null : klasses.constant(pool, index);
    } catch (BrokenStructureException e) {
      return null; // an intrinsic of a method handle has an index into the constants of its holder
    }
  }
}
