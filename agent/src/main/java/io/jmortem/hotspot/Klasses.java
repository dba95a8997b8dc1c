// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** {@code Klass}: names, supertypes, layouts and the offsets of fields. */
final class Klasses {

  private static final int MAX_SUPERS = 128;
  private static final int MAX_FIELDS = 20_000;

  /** Marks a field that HotSpot injected: its name is not in the constant pool of the class. */
  private static final int JVM_ACC_FIELD_INTERNAL = 0x400;

  private static final int U2_PER_FIELD = 6;

  private final ProcessMemory memory;
  private final Symbols symbols;
  private final HotSpotVersion version;
  private final int name;
  private final int superKlass;
  private final int layoutHelper;
  private final int constants;
  private final int javaMirror;
  private final int fieldArray;
  private final int javaFieldsCount;
  private final int fieldStream;
  private final int poolSize;
  private final int poolLength;
  private final Map<Long, String> names = new HashMap<>();
  private final Map<Long, Map<String, Integer>> fields = new HashMap<>();

  Klasses(ProcessMemory memory, VmStructs structs, HotSpotVersion version, Symbols symbols) {
    this.memory = memory;
    this.symbols = symbols;
    this.version = version;
    this.name = structs.offset("Klass._name");
    this.superKlass = structs.offset("Klass._super");
    this.layoutHelper = structs.offset("Klass._layout_helper");
    this.constants = structs.offset("InstanceKlass._constants");
    this.javaMirror = structs.offset("Klass._java_mirror");
    this.fieldArray = structs.offsetOrNone("InstanceKlass._fields");
    this.javaFieldsCount = structs.offsetOrNone("InstanceKlass._java_fields_count");
    this.fieldStream = structs.offsetOrNone("InstanceKlass._fieldinfo_stream");
    this.poolSize = structs.size("ConstantPool");
    this.poolLength = structs.offset("ConstantPool._length");
  }

  /** The binary name, such as {@code java.lang.Thread$State}. */
  String name(long klass) {
    String known = names.get(klass);
    if (known == null) {
      known = externalName(symbols.text(memory.word(klass + name)));
      names.put(klass, known);
    }
    return known;
  }

  /** The name as in Class.getName: the address of a hidden class follows a slash. */
  private static String externalName(String symbol) {
    String dotted = symbol.replace('/', '.');
    int plus = dotted.lastIndexOf('+');
    return plus >= 0 && dotted.startsWith("0x", plus + 1)
        ? dotted.substring(0, plus) + '/' + dotted.substring(plus + 1)
        : dotted;
  }

  /** The number of bytes that an instance occupies; 0 for an array. */
  int instanceSize(long klass) {
    int helper = memory.int4(klass + layoutHelper);
    return helper > 0 ? helper & ~7 : 0;
  }

  /** The offset of an array's elements (bits 16 to 23 of the layout helper); 0 for an instance. */
  int arrayHeader(long klass) {
    int helper = memory.int4(klass + layoutHelper);
    return helper < 0 ? helper >> 16 & 0xff : 0;
  }

  /** The address of the handle of the class's mirror. */
  long mirrorHandle(long klass) {
    return klass + javaMirror;
  }

  /** Whether a class, or one of its superclasses, has this name. */
  boolean isA(long klass, String wanted) {
    return superNamed(klass, wanted) != 0;
  }

  /** The class with this name among a class and its superclasses, or 0. */
  long superNamed(long klass, String wanted) {
    for (int i = 0; klass != 0 && i < MAX_SUPERS; i++) {
      if (name(klass).equals(wanted)) {
        return klass;
      }
      klass = memory.word(klass + superKlass);
    }
    return 0;
  }

  /** The offset of a declared or inherited field, or -1. */
  int fieldOffset(long klass, String field) {
    for (int i = 0; klass != 0 && i < MAX_SUPERS; i++) {
      Integer offset = ownFields(klass).get(field);
      if (offset != null) {
        return offset;
      }
      klass = memory.word(klass + superKlass);
    }
    return -1;
  }

  /** The names of the fields that a class declares itself. */
  Set<String> fieldNames(long klass) {
    return ownFields(klass).keySet();
  }

  private Map<String, Integer> ownFields(long klass) {
    Map<String, Integer> own = fields.get(klass);
    if (own == null) {
      own = new HashMap<>();
      long pool = memory.word(klass + constants);
      if (fieldStream >= 0) {
        readStream(memory.word(klass + fieldStream), pool, own);
      } else {
        readArray(klass, pool, own);
      }
      fields.put(klass, own);
    }
    return own;
  }

  /** Since 21. */
  private void readStream(long array, long pool, Map<String, Integer> into) {
    // Array<u1>: a length of four bytes, then the elements
    Unsigned5 stream = new Unsigned5(memory, version.unsigned5Excluded(), array + 4);
    int count = Math.min(stream.next(), MAX_FIELDS);
    stream.next(); // injected fields come last
    for (int i = 0; i < count; i++) {
      int nameIndex = stream.next();
      stream.next(); // signature
      int offset = stream.next();
      stream.next(); // access flags
      int flags = stream.next();
      // an initial value, a generic signature, a contention group
      for (int bits = flags & 0b10101; bits != 0; bits &= bits - 1) {
        stream.next();
      }
      into.put(constant(pool, nameIndex), offset);
    }
  }

  /**
   * The fields are access flags, name, signature, initial value, and offset (low, high). The two
   * low bits of the offset are a tag.
   */
  private void readArray(long klass, long pool, Map<String, Integer> into) {
    long array = memory.word(klass + fieldArray);
    int count = memory.uint2(klass + javaFieldsCount);
    for (int i = 0; i < count; i++) {
      long field = array + 4 + 2L * U2_PER_FIELD * i;
      if ((memory.uint2(field) & JVM_ACC_FIELD_INTERNAL) == 0) {
        int packed = memory.uint2(field + 8) | memory.uint2(field + 10) << 16;
        into.put(constant(pool, memory.uint2(field + 2)), packed >>> 2);
      }
    }
  }

  /** A name in a constant pool. */
  String constant(long pool, int index) {
    if (index <= 0 || index >= memory.int4(pool + poolLength)) {
      throw new BrokenStructureException("index " + index + " of a ConstantPool", pool);
    }
    return symbols.text(memory.word(pool + poolSize + 8L * index));
  }
}
