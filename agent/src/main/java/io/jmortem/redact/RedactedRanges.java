// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import java.util.Arrays;

/**
 * Parts of a text that are to be replaced. They are disjoint and in order. Each is stored as the
 * index of its first character and the index after its last.
 */
final class RedactedRanges {

  private int[] bounds = new int[32];
  private int size; // number of bounds in use: two for each part

  /** Adds a part that ends after all others. It may overlap or touch earlier ones. */
  void add(int from, int to) {
    if (from >= to) {
      return;
    }
    int start = from;
    while (size > 0 && bounds[size - 1] >= start) {
      start = Math.min(start, bounds[size - 2]);
      size -= 2;
    }
    if (size + 2 > bounds.length) {
      bounds = Arrays.copyOf(bounds, 2 * bounds.length);
    }
    bounds[size++] = start;
    bounds[size++] = to;
  }

  int count() {
    return size / 2;
  }

  int from(int index) {
    return bounds[2 * index];
  }

  int to(int index) {
    return bounds[2 * index + 1];
  }

  void clear() {
    size = 0;
  }

  /** Drops the text before an index, and the parts in it. */
  void shift(int gone) {
    int kept = 0;
    for (int i = 0; i < size; i += 2) {
      if (bounds[i + 1] > gone) {
        bounds[kept++] = Math.max(0, bounds[i] - gone);
        bounds[kept++] = bounds[i + 1] - gone;
      }
    }
    size = kept;
  }
}
