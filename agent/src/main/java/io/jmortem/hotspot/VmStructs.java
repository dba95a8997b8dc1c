// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * HotSpot's tables of fields, types and constants, which {@code vmStructs.cpp} exports for the
 * Serviceability Agent, even in a stripped libjvm. Names are written {@code Type.field}.
 */
final class VmStructs {

  private static final int MAX_ENTRIES = 20_000;
  private static final int MAX_NAME = 256;

  /**
   * A field.
   *
   * @param type its C++ type, including pointer stars
   * @param isStatic whether {@code at} is an address; otherwise it is an offset in the object
   */
  record Field(String type, boolean isStatic, long at) {}

  private final ProcessMemory memory;
  private final ElfDynamicSymbols symbols;
  private final Map<String, Field> fields = new HashMap<>(4096);
  private final Map<String, Long> sizes = new HashMap<>(2048);
  private final Map<String, Long> constants = new HashMap<>(4096);

  /**
   * @throws BrokenStructureException if the library exports no such tables
   */
  VmStructs(ProcessMemory memory, ElfDynamicSymbols symbols) {
    this.memory = memory;
    this.symbols = symbols;
    readFields();
    readTypes();
    readConstants("gHotSpotVMIntConstant", 4);
    readConstants("gHotSpotVMLongConstant", 8);
  }

  // ---- asking

  /** The first of these fields that this VM has, or null. */
  @Nullable Field find(String... names) {
    for (String name : names) {
      Field field = fields.get(name);
      if (field != null) {
        return field;
      }
    }
    return null;
  }

  /** The name of the type of the first of these fields that this VM has. */
  String typeOf(String... names) {
    Field field = find(names);
    if (field == null) {
      throw missing(names);
    }
    return field.type();
  }

  boolean has(String name) {
    return fields.containsKey(name);
  }

  /** The offset of the first of these fields that this VM has. */
  int offset(String... names) {
    Field field = find(names);
    if (field == null || field.isStatic()) {
      throw missing(names);
    }
    return (int) field.at();
  }

  /** The offset of the first of these fields that this VM has, or -1. */
  int offsetOrNone(String... names) {
    Field field = find(names);
    return field == null || field.isStatic() ? -1 : (int) field.at();
  }

  /** The address of the first of these static fields that this VM has. */
  long address(String... names) {
    Field field = find(names);
    if (field == null || !field.isStatic()) {
      throw missing(names);
    }
    return field.at();
  }

  /** The word that a static field holds. */
  long staticWord(String... names) {
    return memory.word(address(names));
  }

  /** The number of bytes of an integer field, from the name of its type. */
  int width(String... names) {
    Field field = find(names);
    if (field == null) {
      throw missing(names);
    }
    Long size = sizes.get(field.type());
    if (field.type().indexOf('*') >= 0) {
      return 8;
    }
    if (size != null && size > 0 && size <= 8) {
      return size.intValue();
    }
    return switch (field.type()) {
      case "u1", "uint8_t", "int8_t", "char", "bool" -> 1;
      case "u2", "uint16_t", "int16_t", "short", "unsigned short", "jushort" -> 2;
      case "size_t", "intptr_t", "uintptr_t", "long", "unsigned long", "julong", "uint64_t" -> 8;
      default -> 4;
    };
  }

  int size(String type) {
    return sizeOfFirst(type);
  }

  /** The size of the first of these types that this VM has. */
  int sizeOfFirst(String... types) {
    for (String type : types) {
      Long size = sizes.get(type);
      if (size != null && size > 0 && size <= 1 << 20) {
        return size.intValue();
      }
    }
    throw missing(types);
  }

  /** The first of these constants that this VM has. */
  long constant(String... names) {
    for (String name : names) {
      Long value = constants.get(name);
      if (value != null) {
        return value;
      }
    }
    throw missing(names);
  }

  long constantOr(String name, long otherwise) {
    Long value = constants.get(name);
    return value == null ? otherwise : value;
  }

  private static BrokenStructureException missing(String... names) {
    return new BrokenStructureException("this VM does not export " + String.join(", ", names), 0);
  }

  // ---- reading the tables

  private long pointer(String name) {
    long symbol = symbols.find(name);
    if (symbol == 0) {
      throw new BrokenStructureException("libjvm exports no " + name, 0);
    }
    return memory.word(symbol);
  }

  private void readFields() {
    long entry = pointer("gHotSpotVMStructs");
    long typeName = pointer("gHotSpotVMStructEntryTypeNameOffset");
    long fieldName = pointer("gHotSpotVMStructEntryFieldNameOffset");
    long typeString = pointer("gHotSpotVMStructEntryTypeStringOffset");
    long isStatic = pointer("gHotSpotVMStructEntryIsStaticOffset");
    long offset = pointer("gHotSpotVMStructEntryOffsetOffset");
    long address = pointer("gHotSpotVMStructEntryAddressOffset");
    long stride = stride("gHotSpotVMStructEntryArrayStride");
    long lastName = 0;
    String type = null;
    for (int i = 0; i < MAX_ENTRIES; i++, entry += stride) {
      long name = memory.word(entry + typeName);
      if (name == 0) {
        return;
      }
      if (name != lastName) {
        type = memory.cString(name, MAX_NAME);
        lastName = name;
      }
      long typeStringAt = memory.word(entry + typeString);
      boolean inStatic = memory.int4(entry + isStatic) != 0;
      fields.put(
          type + "." + memory.cString(memory.word(entry + fieldName), MAX_NAME),
          new Field(
              typeStringAt == 0 ? "" : memory.cString(typeStringAt, MAX_NAME),
              inStatic,
              memory.word(entry + (inStatic ? address : offset))));
    }
  }

  private void readTypes() {
    long entry = pointer("gHotSpotVMTypes");
    long typeName = pointer("gHotSpotVMTypeEntryTypeNameOffset");
    long size = pointer("gHotSpotVMTypeEntrySizeOffset");
    long stride = stride("gHotSpotVMTypeEntryArrayStride");
    for (int i = 0; i < MAX_ENTRIES; i++, entry += stride) {
      long name = memory.word(entry + typeName);
      if (name == 0) {
        return;
      }
      sizes.put(memory.cString(name, MAX_NAME), memory.word(entry + size));
    }
  }

  private void readConstants(String prefix, int width) {
    long entry = pointer(prefix + "s");
    long constantName = pointer(prefix + "EntryNameOffset");
    long value = pointer(prefix + "EntryValueOffset");
    long stride = stride(prefix + "EntryArrayStride");
    for (int i = 0; i < MAX_ENTRIES; i++, entry += stride) {
      long name = memory.word(entry + constantName);
      if (name == 0) {
        return;
      }
      constants.put(
          memory.cString(name, MAX_NAME),
          width == 4 ? memory.int4(entry + value) : memory.word(entry + value));
    }
  }

  private long stride(String name) {
    long stride = pointer(name);
    if (stride <= 0 || stride > 1024) {
      throw new BrokenStructureException(name + " is " + stride, 0);
    }
    return stride;
  }
}
