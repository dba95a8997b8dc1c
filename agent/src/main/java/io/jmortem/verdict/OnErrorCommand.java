// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A command of an option such as OnError, which HotSpot started, and which sent the signal.
 *
 * @param option such as {@code -XX:OnOutOfMemoryError}
 * @param command the value of the option
 * @param isCertain whether the sender's command line is that command; otherwise the sender is a
 *     descendant of the process, and the command is only assumed
 */
record OnErrorCommand(String option, String command, boolean isCertain) {

  static final String OUT_OF_MEMORY = "-XX:OnOutOfMemoryError";
  static final String ERROR = "-XX:OnError";

  /** Empty if the sender is not a descendant of the process, or no such option is set. */
  static Optional<OnErrorCommand> of(Death death, Event.SignalSent sent) {
    if (!death.isDescendant(sent)) {
      return Optional.empty();
    }
    List<OnErrorCommand> found =
        List.of(OUT_OF_MEMORY, ERROR).stream()
            .flatMap(option -> death.flagValue(option + "=").stream().map(v -> of(option, v, sent)))
            .toList();
    return found.stream()
        .filter(OnErrorCommand::isCertain)
        .findFirst()
        // with two options it is unknown which one it was
        .or(() -> found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty());
  }

  /** os::fork_and_exec runs {@code sh -c COMMAND}; several commands run one after the other. */
  private static OnErrorCommand of(String option, String value, Event.SignalSent sent) {
    String line = sent.commandLine() == null ? "" : sent.commandLine().replace('\0', ' ').strip();
    boolean isIts =
        Arrays.stream(value.split(";", -1))
            .map(String::strip)
            .filter(command -> !command.isEmpty())
            .map(command -> command.split("%p", -1))
            .anyMatch(parts -> line.startsWith(parts[0]) || line.startsWith("sh -c " + parts[0]));
    return new OnErrorCommand(option, value, isIts);
  }
}
