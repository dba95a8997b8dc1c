// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints a completion script. */
@Command(
    name = "completion",
    description = "Prints a completion script for bash and zsh.",
    footer = {
      "",
      "Examples:",
      "  source <(jmortem completion)                     for this shell",
      "  jmortem completion > /etc/bash_completion.d/jmortem"
    },
    mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().getOut().print(AutoComplete.bash("jmortem", spec.root().commandLine()));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
