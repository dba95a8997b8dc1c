// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The manual page jmortem(1), in man(7): made of what {@code --help} is made of, so it can't say
 * other things. Needed at build time alone, so it is not in the jar.
 */
final class ManPage {

  private final StringBuilder page = new StringBuilder();

  private ManPage() {}

  /**
   * Writes the page.
   *
   * @param arguments the file, the version, and the date or a time that begins with it
   */
  public static void main(String[] arguments) throws IOException {
    Files.writeString(
        Path.of(arguments[0]),
        text(arguments[1], arguments[2].substring(0, "2026-01-31".length())));
  }

  /** All commands, or this build's. */
  static CommandSpec root() {
    return Main.commandLine(new StringWriter(), new StringWriter()).getCommandSpec();
  }

  static String text(String version, String date) {
    ManPage page = new ManPage();
    page.write(root(), version, date);
    return page.page.toString();
  }

  private void write(CommandSpec root, String version, String date) {
    macro(".TH JMORTEM 1 " + date + " \"jmortem " + version + "\" \"User Commands\"");
    macro(".ad l"); // no gaps between the words of an option
    macro(".SH NAME");
    String[] description = root.usageMessage().description();
    macro("jmortem \\- " + lowerFirst(escaped(description[0])).replaceAll("\\.$", ""));
    macro(".SH SYNOPSIS");
    macro("\\fBjava \\-jar jmortem.jar\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...");
    macro(".br");
    macro("\\fBjava \\-javaagent:jmortem.jar\\fR[\\fB=\\fIKEY\\fB=\\fIVALUE\\fR,...] ...");
    macro(".SH DESCRIPTION");
    text(List.of("The commands below are arguments of jmortem.jar."));
    footer(root);
    macro(".SH OPTIONS");
    text(List.of("Each command has these."));
    root.options().forEach(this::option);
    macro(".SH COMMANDS");
    for (CommandLine command : root.subcommands().values()) {
      command(command.getCommandSpec());
    }
    macro(".SH CAPTURE OPTIONS");
    text(
        List.of(
            "What attach, watch, run, daemon and doctor take.",
            "The agent takes the same as pairs, such as dir=/var/crash."));
    CommandSpec watch = root.subcommands().get("watch").getCommandSpec();
    watch.options().stream().filter(option -> isCapture(watch, option)).forEach(this::option);
    macro(".SH EXIT STATUS");
    text(
        List.of(
            "2 after wrong usage, 1 if the command failed: one line on stderr says why.",
            "Some commands say more above."));
    macro(".SH SEE ALSO");
    macro(".BR jcmd (1),");
    macro(".BR capabilities (7)");
  }

  private void command(CommandSpec command) {
    StringBuilder synopsis = new StringBuilder("\\fB").append(command.name());
    synopsis.append("\\fR [\\fIOPTION\\fR]...");
    for (ArgSpec positional : command.positionalParameters()) {
      synopsis.append(' ').append(escaped(label(command, positional)));
    }
    macro(".SS " + synopsis);
    text(List.of(command.usageMessage().description()));
    command.positionalParameters().forEach(parameter -> argument(command, "", parameter));
    for (OptionSpec option : command.options()) {
      if (!isCapture(command, option) && !isOfEachCommand(option)) {
        option(option);
      }
    }
    if (command.options().stream().anyMatch(option -> isCapture(command, option))) {
      macro(".PP");
      text(List.of("And the capture options, below."));
    }
    footer(command);
  }

  static boolean isOfEachCommand(OptionSpec option) {
    return option.usageHelp() || option.versionHelp();
  }

  static boolean isCapture(CommandSpec command, OptionSpec option) {
    return command.mixins().values().stream()
        .filter(mixin -> mixin.userObject() instanceof CaptureOptions)
        .anyMatch(mixin -> mixin.findOption(option.longestName()) != null);
  }

  private void option(OptionSpec option) {
    List<String> names = new ArrayList<>();
    for (String name : option.names()) {
      names.add("\\fB" + escaped(name) + "\\fR");
    }
    argument(option.command(), String.join(", ", names), option);
  }

  private void argument(CommandSpec command, String names, ArgSpec argument) {
    macro(".TP");
    String label = escaped(label(command, argument)).replaceFirst("\\w[\\w:|]*", "\\\\fI$0\\\\fR");
    macro(names + label);
    text(List.of(argument.description()));
  }

  private static String label(CommandSpec command, ArgSpec argument) {
    Help help = command.commandLine().getHelp();
    return help.parameterLabelRenderer()
        .renderParameterLabel(argument, Help.Ansi.OFF, List.of())
        .toString();
  }

  /** Lines that begin with a space are set as they are. */
  private void footer(CommandSpec command) {
    boolean isCode = false;
    for (String line : command.usageMessage().footer()) {
      if (line.startsWith(" ") != isCode) {
        macro(isCode ? ".EE\n.RE" : ".RS\n.EX");
        isCode = !isCode;
      }
      if (isCode) {
        macro(escaped(line.strip()));
      } else if (line.isEmpty()) {
        macro(".PP");
      } else {
        text(List.of(line));
      }
    }
    if (isCode) {
      macro(".EE\n.RE");
    }
  }

  /** A sentence a line, as man(7) wants it. */
  private void text(List<String> paragraphs) {
    for (String paragraph : paragraphs) {
      for (String line : paragraph.split("(?<=[.:;] )", -1)) {
        macro(escaped(line.strip()));
      }
    }
  }

  private void macro(String line) {
    page.append(line).append('\n');
  }

  private static String escaped(String text) {
    String escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq");
    return escaped.startsWith(".") ? "\\&" + escaped : escaped;
  }

  private static String lowerFirst(String text) {
    return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
  }
}
