// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A command that HotSpot itself has started, since an option told it to, and that sent the signal.
 *
 * @param option such as {@code -XX:OnOutOfMemoryError}
 * @param command as the option has it
 * @param isCertain whether the sender's command line is that command, or a descendant's of ours is
 *     only thought to be
 */
record OnErrorCommand(String option, String command, boolean isCertain) {

  static final String OUT_OF_MEMORY = "-XX:OnOutOfMemoryError";
  static final String ERROR = "-XX:OnError";

  /** Empty if the process has not started the sender, or by no such option. */
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
        // of two options nobody can say which it was
        .or(() -> found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty());
  }

  /** os::fork_and_exec: {@code sh -c COMMAND}, of several one after the other. */
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
