// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A process's memory, read page by page through a bounded cache. Every access may throw a {@link
 * BrokenStructureException}, if nothing is mapped there, or a {@link DeadlineException}.
 */
final class ProcessMemory {

  /** x86-64 and aarch64: user space ends here with four levels of page tables. */
  private static final long END = 1L << 47;

  private static final int PAGE_BITS = 12;
  private static final int PAGE = 1 << PAGE_BITS;

  /** 16 MiB of pages: more than the walk of a thousand threads uses repeatedly. */
  private static final int SLOTS = 4096;

  /** Reading the clock is as slow as some hundred accesses. */
  private static final int ACCESSES_PER_LOOK = 4096;

  private final MemorySource source;
  private final long wholeDeadlineNanoTime;
  private long deadlineNanoTime;
  private final long[] pageNumbers = new long[SLOTS];
  private final ByteBuffer[] pages = new ByteBuffer[SLOTS];
  private int accesses;

  /**
   * @param deadlineNanoTime the deadline, in the time of {@link System#nanoTime}
   */
  ProcessMemory(MemorySource source, long deadlineNanoTime) {
    this.source = source;
    this.wholeDeadlineNanoTime = deadlineNanoTime;
    this.deadlineNanoTime = deadlineNanoTime;
    java.util.Arrays.fill(pageNumbers, -1);
  }

  /** Moves the deadline so that only this part of the remaining time is left. */
  void limitTo(double part) {
    long now = System.nanoTime();
    deadlineNanoTime = now + (long) ((wholeDeadlineNanoTime - now) * part);
  }

  /** Eight bytes: a word, a pointer, a jlong. */
  long word(long address) {
    int at = offset(address);
    if (at <= PAGE - 8) {
      ByteBuffer page = page(address);
      if (at + 8 <= page.limit()) {
        return page.getLong(at);
      }
    }
    return (int4(address) & 0xffffffffL) | (long) int4(address + 4) << 32;
  }

  /** Four bytes, signed. */
  int int4(long address) {
    int at = offset(address);
    if (at <= PAGE - 4) {
      ByteBuffer page = page(address);
      if (at + 4 <= page.limit()) {
        return page.getInt(at);
      }
    }
    return uint2(address) | uint2(address + 2) << 16;
  }

  /** Two bytes, unsigned. */
  int uint2(long address) {
    return uint1(address) | uint1(address + 1) << 8;
  }

  /** One byte, unsigned. */
  int uint1(long address) {
    ByteBuffer page = page(address);
    int at = offset(address);
    if (at >= page.limit()) {
      throw new BrokenStructureException("unreadable memory", address);
    }
    return page.get(at) & 0xff;
  }

  /** An integer of 1, 2, 4 or 8 bytes; unsigned, except with 8 bytes. */
  long unsigned(long address, int size) {
    return switch (size) {
      case 1 -> uint1(address);
      case 2 -> uint2(address);
      case 4 -> int4(address) & 0xffffffffL;
      case 8 -> word(address);
      default -> throw new BrokenStructureException("an integer of " + size + " bytes", address);
    };
  }

  boolean isReadable(long address) {
    return address > 0 && address < END && offset(address) < page(address).limit();
  }

  /** Whether the readable part of the page of an address holds only zeros. */
  boolean isZero(long address) {
    ByteBuffer page = page(address);
    for (int at = 0; at <= page.limit() - 8; at += 8) {
      if (page.getLong(at) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Reads exactly this many bytes. */
  byte[] bytes(long address, int length) {
    byte[] bytes = new byte[length];
    for (int done = 0; done < length; ) {
      ByteBuffer page = page(address + done);
      int at = offset(address + done);
      int count = Math.min(length - done, page.limit() - at);
      if (count <= 0) {
        throw new BrokenStructureException("unreadable memory", address + done);
      }
      page.get(at, bytes, done, count);
      done += count;
    }
    return bytes;
  }

  /** A C string, cut off at a length; non-ASCII bytes are read as Latin-1. */
  String cString(long address, int limit) {
    StringBuilder longer = null;
    for (int done = 0; done < limit; ) {
      ByteBuffer page = page(address + done);
      int at = offset(address + done);
      int end = at;
      int stop = Math.min(page.limit(), at + limit - done);
      while (end < stop && page.get(end) != 0) {
        end++;
      }
      if (at >= page.limit()) {
        throw new BrokenStructureException("unreadable memory", address + done);
      }
      byte[] bytes = new byte[end - at];
      page.get(at, bytes);
      String part = new String(bytes, StandardCharsets.ISO_8859_1);
      if (end < stop && longer == null) {
        return part;
      }
      longer = (longer == null ? new StringBuilder() : longer).append(part);
      if (end < stop) {
        break;
      }
      done += end - at;
    }
    return longer == null ? "" : longer.toString();
  }

  private static int offset(long address) {
    return (int) address & PAGE - 1;
  }

  private ByteBuffer page(long address) {
    if (++accesses % ACCESSES_PER_LOOK == 0) {
      checkDeadline();
    }
    if (address < 0 || address >= END) {
      throw new BrokenStructureException("an impossible address", address);
    }
    long number = address >>> PAGE_BITS;
    // neighbouring pages, and stacks of threads, which are 2^n apart, must not share a slot
    int slot = (int) (number ^ number >>> 8 ^ number >>> 16) & SLOTS - 1;
    if (pageNumbers[slot] != number) {
      load(slot, number);
    }
    return pages[slot];
  }

  private void load(int slot, long number) {
    checkDeadline();
    ByteBuffer page = pages[slot];
    if (page == null) {
      page = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
      pages[slot] = page;
    }
    page.clear();
    pageNumbers[slot] = number;
    try {
      while (page.hasRemaining()
          && source.read((number << PAGE_BITS) + page.position(), page) > 0) {
        // the rest of the page
      }
    } catch (IOException e) {
      // nothing more is mapped there
    }
    page.flip();
  }

  /** Checks the deadline in loops that read little memory. */
  void checkDeadline() {
    if (System.nanoTime() - deadlineNanoTime > 0) {
      throw new DeadlineException();
    }
  }
}
