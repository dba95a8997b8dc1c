// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.doctor;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * One thing that was looked at.
 *
 * @param check such as {@code yama}
 * @param state whether it stands in the way
 * @param found what is there, in a few words
 * @param fix what mends it: a command, or a sentence; null where nothing needs mending
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Finding(String check, State state, String found, String fix) {

  /** How much it matters. */
  public enum State {
    OK,
    /** Something is lost by it, or may be. */
    LESS,
    /** Could not be looked at. */
    UNKNOWN;

    @JsonValue
    String json() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Finding ok(String check, String found) {
    return new Finding(check, State.OK, found, null);
  }

  static Finding less(String check, String found, String fix) {
    return new Finding(check, State.LESS, found, fix);
  }

  static Finding unknown(String check, String found) {
    return new Finding(check, State.UNKNOWN, found, null);
  }
}
