// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.doctor;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The result of one check.
 *
 * @param check such as {@code yama}
 * @param state whether it limits the capture level
 * @param found what the check found, in a few words
 * @param fix how to fix it: a command, or a sentence; null if there is nothing to fix
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Finding(String check, State state, String found, @Nullable String fix) {

  /** How much it matters. */
  public enum State {
    OK,
    /** It limits what can be recorded, or may do so. */
    LESS,
    /** The check could not be made. */
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
