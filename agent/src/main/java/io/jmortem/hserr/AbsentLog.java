// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Why there is no log in a file, by what the VM was told ({@code VMError::report_and_die}). */
final class AbsentLog {

  private static final String ERROR_FILE = "-XX:ErrorFile=";

  /** Where names lead to streams and devices, whoever looks them up. */
  private static final List<String> STREAMS = List.of("/dev/", "/proc/");

  private static final String NOT_REGULAR = "not a regular file";

  private AbsentLog() {}

  /**
   * The reason; empty if no option is one.
   *
   * @param options the VM's, of which the last one counts
   * @param refusal why a file of the process's can't be opened; empty if it can, or is not known
   */
  static Optional<String> reason(List<String> options, Function<String, Optional<String>> refusal) {
    if (isOn(options, "SuppressFatalErrorMessage")) {
      return Optional.of("HotSpot was told to write none, by -XX:+SuppressFatalErrorMessage");
    }
    for (String stream : List.of("Stdout", "Stderr")) {
      if (isOn(options, "ErrorFileTo" + stream)) {
        return Optional.of(
            "HotSpot printed it on "
                + stream.toLowerCase(java.util.Locale.ROOT)
                + ", by -XX:+ErrorFileTo"
                + stream);
      }
    }
    return options.stream()
        .filter(option -> option.startsWith(ERROR_FILE) && option.length() > ERROR_FILE.length())
        .reduce((older, newer) -> newer)
        .flatMap(option -> named(option, refusal));
  }

  private static Optional<String> named(String option, Function<String, Optional<String>> refusal) {
    String name = option.substring(ERROR_FILE.length());
    if (STREAMS.stream().anyMatch(name::startsWith)) {
      return Optional.of(option + " names no file: HotSpot printed it there");
    }
    return refusal
        .apply(name)
        .map(
            why ->
                why.equals(NOT_REGULAR)
                    ? option + " names no regular file: HotSpot printed it there"
                    : option
                        + " can't be opened ("
                        + why
                        + "), and there is none in the working directory or in /tmp");
  }

  private static boolean isOn(List<String> options, String flag) {
    return options.stream()
        .filter(option -> option.equals("-XX:+" + flag) || option.equals("-XX:-" + flag))
        .reduce((older, newer) -> newer)
        .filter(option -> option.startsWith("-XX:+"))
        .isPresent();
  }
}
