// SPDX-License-Identifier: Apache-2.0
package io.jmortem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks the documentation: links are valid, names of code exist, lines are not too long. */
class DocsTest {

  private static final Path ROOT = Path.of("..");
  private static final int WIDTH = 100;

  private static final Pattern LINK = Pattern.compile("\\]\\(([^()\\s]+)\\)");
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");

  /** A C function or field, a file, or a Java class with an optional member. */
  private static final Pattern NAME =
      Pattern.compile("[a-z]+(?:_[a-z]+)+|\\w+\\.(?:c|h)|[A-Z]\\w*[a-z]\\w*(?:\\.\\w+)?");

  /** The key of an option, and its default. */
  private static final Pattern OPTION = Pattern.compile("put\\(\"([a-z-]+)\", \"([^\"]*)\"\\)");

  @Test
  void everyLinkLeadsSomewhere() throws IOException {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path page : pages(page -> true)) {
      Matcher link = LINK.matcher(prose(page));
      while (link.find()) {
        String target = link.group(1);
        if (!target.matches("[a-z]+:.*")) {
          links++;
          if (!exists(page, target)) {
            broken.add(ROOT.relativize(page) + ": " + target);
          }
        }
      }
    }
    assertEquals(List.of(), broken);
    assertTrue(links > 50, "only " + links + " links were found");
  }

  private static boolean exists(Path page, String target) throws IOException {
    int hash = target.indexOf('#');
    String path = hash < 0 ? target : target.substring(0, hash);
    Path file = path.isEmpty() ? page : page.resolveSibling(path).normalize();
    return Files.exists(file) && (hash < 0 || anchors(file).contains(target.substring(hash + 1)));
  }

  /** The anchors that GitHub makes from headings. */
  private static Set<String> anchors(Path page) throws IOException {
    return prose(page)
        .lines()
        .filter(line -> line.matches("#{1,6} .*"))
        .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
        .map(title -> title.replaceAll("[^\\w\\- ]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  @Test
  void everyNameOfCodeExists() throws IOException {
    Set<String> sources = sources();
    Set<String> unknown = new TreeSet<>();
    int names = 0;
    for (Path page : pages(DocsTest::isAboutCode)) {
      Matcher code = CODE.matcher(prose(page));
      while (code.find()) {
        String name = code.group(1);
        if (NAME.matcher(name).matches()) {
          names++;
          if (!isKnown(name, sources)) {
            unknown.add(ROOT.relativize(page) + ": " + name);
          }
        }
      }
    }
    assertEquals(Set.of(), unknown);
    assertTrue(names > 100, "only " + names + " names were found");
  }

  private static final Pattern WORD = Pattern.compile("\\w+");

  private static boolean isAboutCode(Path page) {
    String path = ROOT.relativize(page).toString();
    return path.equals("ARCHITECTURE.md")
        || path.startsWith("docs/decisions")
        || path.startsWith("docs/internals");
  }

  /** Whether a class and its member, or a name of the kernel or HotSpot, is in the sources. */
  private static boolean isKnown(String name, Set<String> sources) {
    return sources.contains(name)
        || (name.contains(".")
            && Stream.of(name.split("\\.")).allMatch(sources::contains)
            && !name.endsWith(".c"));
  }

  /** Every word of the sources, and the names of their files. */
  private static Set<String> sources() throws IOException {
    Set<String> all = new HashSet<>();
    for (String place :
        List.of(
            "bpf",
            "native-helper/src",
            "native-helper/test",
            "agent/src",
            "integration-tests/src",
            "schema")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(place))) {
        for (Path file : files.filter(DocsTest::isSource).toList()) {
          String fileName = file.getFileName().toString();
          all.add(fileName);
          all.add(fileName.substring(0, fileName.indexOf('.')));
          Matcher words = WORD.matcher(Files.readString(file));
          while (words.find()) {
            all.add(words.group());
          }
        }
      }
    }
    return all;
  }

  private static boolean isSource(Path file) {
    return file.toString().matches(".*\\.(?:c|h|java|json)") && !file.endsWith("DocsTest.java");
  }

  @Test
  void everyOptionIsDocumentedWithItsDefault() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/usage.md"));
    String source =
        Files.readString(ROOT.resolve("agent/src/main/java/io/jmortem/agent/AgentOptions.java"));
    List<String> missing = new ArrayList<>();
    Matcher option = OPTION.matcher(source);
    int options = 0;
    while (option.find()) {
      options++;
      String value = option.group(2);
      String row = "| `" + option.group(1) + "` | " + (value.isEmpty() ? "" : "`" + value + "` |");
      if (!page.contains(row)) {
        missing.add(row);
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(options > 8, "only " + options + " options were found");
  }

  @Test
  void everyWordOfAVerdictIsExplained() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/reading-a-report.md"));
    List<String> missing = new ArrayList<>();
    for (Object word :
        Stream.concat(Stream.of(Category.values()), Stream.of(Confidence.values())).toList()) {
      if (!page.contains("\n| `" + word + "` |")) {
        missing.add(word.toString());
      }
    }
    assertEquals(List.of(), missing);
  }

  @Test
  void linesFit() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (Path page : pages(page -> !page.endsWith("CHANGELOG.md"))) {
      prose(page)
          .lines()
          .filter(line -> line.length() > WIDTH && !line.startsWith("|"))
          .forEach(line -> tooLong.add(ROOT.relativize(page) + ": " + line));
    }
    assertEquals(List.of(), tooLong);
  }

  /** The text without code blocks. */
  private static String prose(Path page) throws IOException {
    StringBuilder prose = new StringBuilder();
    boolean isQuoted = false;
    for (String line : Files.readAllLines(page)) {
      if (line.strip().startsWith("```")) {
        isQuoted = !isQuoted;
      } else if (!isQuoted) {
        prose.append(line).append('\n');
      }
    }
    return prose.toString();
  }

  private static List<Path> pages(Predicate<Path> which) throws IOException {
    List<Path> pages = new ArrayList<>();
    try (Stream<Path> files = Files.list(ROOT)) {
      files.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
    }
    for (String place : List.of("docs", ".github")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(place))) {
        files.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
      }
    }
    return pages.stream().filter(which).sorted().toList();
  }
}
