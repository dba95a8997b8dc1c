// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Why there is no log file: an option of the VM ({@code VMError::report_and_die}). */
final class AbsentLog {

  private static final String ERROR_FILE = "-XX:ErrorFile=";

  /** Directories whose files are streams and devices. */
  private static final List<String> STREAMS = List.of("/dev/", "/proc/");

  private static final String NOT_REGULAR = "not a regular file";

  private AbsentLog() {}

  /**
   * The reason; empty if no option explains it.
   *
   * @param options the VM's options; the last one of a kind is used
   * @param refusal why a file of the process can't be opened; empty if it can, or that is unknown
   */
  static Optional<String> reason(List<String> options, Function<String, Optional<String>> refusal) {
    if (isOn(options, "SuppressFatalErrorMessage")) {
      return Optional.of("not written, because of -XX:+SuppressFatalErrorMessage");
    }
    for (String stream : List.of("Stdout", "Stderr")) {
      if (isOn(options, "ErrorFileTo" + stream)) {
        return Optional.of(
            "printed on "
                + stream.toLowerCase(java.util.Locale.ROOT)
                + ", because of -XX:+ErrorFileTo"
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
      return Optional.of(option + " is not a file: HotSpot printed the log there");
    }
    return refusal
        .apply(name)
        .map(
            why ->
                why.equals(NOT_REGULAR)
                    ? option + " is not a regular file: HotSpot printed the log there"
                    : option
                        + " can't be opened ("
                        + why
                        + "), and no log is in the working directory or in /tmp");
  }

  private static boolean isOn(List<String> options, String flag) {
    return options.stream()
        .filter(option -> option.equals("-XX:+" + flag) || option.equals("-XX:-" + flag))
        .reduce((older, newer) -> newer)
        .filter(option -> option.startsWith("-XX:+"))
        .isPresent();
  }
}
