// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Java objects. There are three forms of references: plain addresses (in frames, on lock stacks),
 * the form of fields (narrow, or coloured by the generational ZGC), and handles.
 */
final class Oops {

  /** A limit, because names of threads may have any length. */
  private static final int MAX_CHARS = 4096;

  private static final int MAX_ELEMENTS = 1 << 24;
  private static final int MARK_FORWARDED = 3;

  private final ProcessMemory memory;
  private final Klasses klasses;
  private final boolean narrowOops;
  private final boolean narrowKlass;
  private final boolean compactHeaders;
  private final boolean colored;
  private final long oopBase;
  private final int oopShift;
  private final long klassBase;
  private final int klassShift;
  private final int compactKlassShift;
  private final int klassOffset;
  private final long offsetMask;

  Oops(ProcessMemory memory, VmStructs structs, VmFlags flags, Klasses klasses) {
    this.memory = memory;
    this.klasses = klasses;
    this.narrowOops = flags.isOn("UseCompressedOops");
    this.compactHeaders = flags.isOn("UseCompactObjectHeaders");
    // since JDK 27 it is always narrow, and the flag no longer exists
    this.narrowKlass =
        compactHeaders
            || flags.isOn("UseCompressedClassPointers")
            || structs.has("oopDesc._compressed_klass");
    // the only ZGC since JDK 24; 21 to 23 have both
    boolean isZ = flags.isOn("UseZGC");
    boolean hasColors = structs.has("ZGlobalsForVMStructs._ZPointerLoadShift");
    this.colored =
        isZ && hasColors && (!flags.exists("ZGenerational") || flags.isOn("ZGenerational"));
    this.oopBase =
        narrowOops
            ? structs.staticWord(
                "CompressedOops._base",
                "CompressedOops._narrow_oop._base",
                "Universe._narrow_oop._base")
            : 0;
    this.oopShift =
        narrowOops
            ? memory.int4(
                structs.address(
                    "CompressedOops._shift",
                    "CompressedOops._narrow_oop._shift",
                    "Universe._narrow_oop._shift"))
            : 0;
    this.klassBase =
        narrowKlass
            ? structs.staticWord(
                "CompressedKlassPointers._base",
                "CompressedKlassPointers._narrow_klass._base",
                "Universe._narrow_klass._base")
            : 0;
    this.klassShift =
        narrowKlass
            ? memory.int4(
                structs.address(
                    "CompressedKlassPointers._shift",
                    "CompressedKlassPointers._narrow_klass._shift",
                    "Universe._narrow_klass._shift"))
            : 0;
    this.compactKlassShift = (int) structs.constantOr("markWord::klass_shift", 42);
    this.klassOffset = structs.offset("oopDesc._metadata._klass", "oopDesc._compressed_klass");
    this.offsetMask = isZ && !colored ? oldZOffsetMask(structs) : -1;
  }

  /** The non-generational ZGC maps the heap once for each colour. */
  private long oldZOffsetMask(VmStructs structs) {
    String type =
        structs.has("XGlobalsForVMStructs._instance_p")
            ? "XGlobalsForVMStructs"
            : "ZGlobalsForVMStructs";
    String mask = type.startsWith("X") ? "._XAddressOffsetMask" : "._ZAddressOffsetMask";
    if (!structs.has(type + mask)) {
      return -1;
    }
    long instance = structs.staticWord(type + "._instance_p");
    return memory.word(memory.word(instance + structs.offset(type + mask)));
  }

  /**
   * One identity for all addresses of an object, whatever their colour, and even while a collector
   * moves the object. It is only for comparing.
   */
  long identity(long oop) {
    return offsetMask == -1 ? forwardee(oop) : oop & offsetMask;
  }

  /** A collector that moves an object stores the new address in the old mark word. */
  private long forwardee(long oop) {
    if (oop == 0 || (oop & 7) != 0 || compactHeaders || colored) {
      return oop;
    }
    try {
      long mark = memory.word(oop);
      long moved = mark & ~3L;
      return (mark & 3) == MARK_FORWARDED && memory.isReadable(moved) ? moved : oop;
    } catch (BrokenStructureException e) {
      return oop;
    }
  }

  /** Whether there is an object at an address. */
  boolean isObject(long oop) {
    try {
      return oop != 0 && !klasses.name(klass(oop)).isEmpty();
    } catch (BrokenStructureException e) {
      return false;
    }
  }

  /** A word of a frame in the heap, which a collector may have converted to the form of fields. */
  long fromHeapFrame(long word) {
    if (isObject(word)) {
      return word;
    }
    long other = narrowOops ? decodeNarrow((int) word) : uncolor(word);
    return isObject(other) ? other : 0;
  }

  /** The object that a field refers to; 0 for null. */
  long load(long address) {
    if (narrowOops) {
      return decodeNarrow(memory.int4(address));
    }
    return uncolor(memory.word(address));
  }

  /** The object behind a pointer to an OopHandle or WeakHandle; 0 if either is empty. */
  long resolve(long handleAddress) {
    long slot = memory.word(handleAddress);
    return slot == 0 ? 0 : uncolor(memory.word(slot));
  }

  long decodeNarrow(int narrow) {
    return narrow == 0 ? 0 : oopBase + ((narrow & 0xffffffffL) << oopShift);
  }

  /** Bits 12 to 15 select the shift of the address. */
  private long uncolor(long pointer) {
    if (!colored || pointer == 0) {
      return pointer;
    }
    int remap = (int) (pointer >>> 12) & 0xf;
    return remap == 0 ? 0 : pointer >>> (13 + Integer.numberOfTrailingZeros(remap));
  }

  /** An object's class. */
  long klass(long oop) {
    if (oop == 0 || (oop & 7) != 0) {
      throw new BrokenStructureException("no object", oop);
    }
    if (compactHeaders) {
      long mark = memory.word(oop);
      if ((mark & 3) == MARK_FORWARDED) { // a collector has moved it
        mark = memory.word(mark & ~3L);
      }
      return decodeKlass(mark >>> compactKlassShift);
    }
    return narrowKlass
        ? decodeKlass(memory.int4(oop + klassOffset) & 0xffffffffL)
        : memory.word(oop + klassOffset);
  }

  private long decodeKlass(long narrow) {
    if (narrow == 0) {
      throw new BrokenStructureException("an object without class", klassBase);
    }
    return klassBase + (narrow << klassShift);
  }

  // ---- fields

  boolean hasField(long oop, String field) {
    return klasses.fieldOffset(klass(oop), field) >= 0;
  }

  private long fieldAddress(long oop, String field) {
    int offset = klasses.fieldOffset(klass(oop), field);
    if (offset < 0) {
      throw new BrokenStructureException(klasses.name(klass(oop)) + " without field " + field, oop);
    }
    return oop + offset;
  }

  long object(long oop, String field) {
    return load(fieldAddress(oop, field));
  }

  int int4(long oop, String field) {
    return memory.int4(fieldAddress(oop, field));
  }

  long long8(long oop, String field) {
    return memory.word(fieldAddress(oop, field));
  }

  boolean bool(long oop, String field) {
    return memory.uint1(fieldAddress(oop, field)) != 0;
  }

  // ---- arrays and strings

  /** An array's length. */
  int length(long array) {
    int at = compactHeaders ? 8 : narrowKlass ? klassOffset + 4 : klassOffset + 8;
    int length = memory.int4(array + at);
    if (length < 0 || length > MAX_ELEMENTS) {
      throw new BrokenStructureException("an array of " + length + " elements", array);
    }
    return length;
  }

  private long elements(long array) {
    int header = klasses.arrayHeader(klass(array));
    if (header == 0) {
      throw new BrokenStructureException("no array", array);
    }
    return array + header;
  }

  /** An element of an array of objects. */
  long element(long array, int index) {
    return load(elements(array) + (narrowOops ? 4L : 8L) * index);
  }

  /** A {@code java.lang.String}; null for null. Long strings are cut off. */
  @Nullable String string(long oop) {
    if (oop == 0) {
      return null;
    }
    long value = object(oop, "value");
    if (value == 0) {
      return "";
    }
    boolean isLatin1 = hasField(oop, "coder") && memory.uint1(fieldAddress(oop, "coder")) == 0;
    // an array of bytes since JDK 9, of chars before
    int unit = isLatin1 || !hasField(oop, "coder") ? 1 : 2;
    int chars = Math.min(length(value) / unit, MAX_CHARS);
    return isLatin1
        ? new String(memory.bytes(elements(value), chars), StandardCharsets.ISO_8859_1)
        : new String(memory.bytes(elements(value), 2 * chars), StandardCharsets.UTF_16LE);
  }
}
