// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.reporter.Reporter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a report again from the evidence in its directory, for instance with a newer jmortem. */
@Command(
    name = "rebuild",
    description = "Makes report.json and report.txt again from the evidence in DIR.",
    mixinStandardHelpOptions = true)
final class RebuildCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "A report's directory.")
  private Path directory;

  @Option(names = "--json", description = "Print the verdict and the path as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Reporter.Result result = Reporter.rebuild(directory);
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("category", result.report().diagnosis().category());
      fields.put("summary", result.report().diagnosis().summary());
      fields.put("path", result.directory());
      spec.commandLine().getOut().println(Json.line(fields));
    } else {
      spec.commandLine().getOut().println(result.directory() + "/report.txt");
    }
    return 0;
  }
}
