// SPDX-License-Identifier: Apache-2.0
package io.jmortem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rooms of native-helper/src include downwards only, as ARCHITECTURE.md says. */
class HelperRoomsTest {

  private static final Path SOURCES = Path.of("../native-helper/src");
  private static final Path BPF = Path.of("../bpf");

  /** A row of ARCHITECTURE.md's table of rooms. */
  private static final Pattern ROOM = Pattern.compile("(?m)^\\| `(\\w+)/` \\| .*");

  private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"([^\"]+)\"");

  @Test
  void roomsUseThoseBelow() throws IOException {
    List<String> rooms = rooms();
    List<String> upwards = new ArrayList<>();

    includes()
        .forEach(
            (file, included) -> {
              for (String each : included) {
                if (each.contains("/") && rooms.indexOf(room(each)) < rooms.indexOf(room(file))) {
                  upwards.add(file + " includes " + each);
                }
              }
            });
    assertEquals(List.of(), upwards);
  }

  @Test
  void everyRoomAndFileIsInTheTable() throws IOException {
    String table = Files.readString(Path.of("../ARCHITECTURE.md"));
    List<String> missing = new ArrayList<>();
    for (String file : includes().keySet()) {
      String name = file.substring(file.indexOf('/') + 1, file.lastIndexOf('.'));
      if (!name.endsWith("_parts") && !table.contains("`" + name)) {
        missing.add(file);
      }
    }
    assertEquals(List.of(), missing);
  }

  /** Whoever changes one file of a circle must know all of it. */
  @Test
  void noFilesUseEachOther() throws IOException {
    Map<String, List<String>> units = new TreeMap<>();
    includes()
        .forEach(
            (file, included) ->
                units
                    .computeIfAbsent(unit(file), key -> new ArrayList<>())
                    .addAll(included.stream().map(HelperRoomsTest::unit).toList()));
    List<String> circles = new ArrayList<>();
    for (String start : units.keySet()) {
      Deque<String> open = new ArrayDeque<>(units.get(start));
      List<String> seen = new ArrayList<>();
      while (!open.isEmpty()) {
        String at = open.pop();
        if (!seen.contains(at) && units.containsKey(at) && !at.equals(start)) {
          seen.add(at);
          open.addAll(units.get(at));
        }
      }
      if (seen.stream().anyMatch(unit -> units.get(unit).contains(start))) {
        circles.add(start);
      }
    }
    assertEquals(List.of(), circles);
  }

  /** {@code *.bpf.h} need the kernel's types: user space can't have them. */
  @Test
  void onlyBpfIncludesItsOwnHeaders() throws IOException {
    List<String> wrong = new ArrayList<>();
    includes()
        .forEach(
            (file, included) ->
                included.stream()
                    .filter(each -> each.endsWith(".bpf.h"))
                    .forEach(each -> wrong.add(file + " includes " + each)));
    try (Stream<Path> files = Files.list(BPF)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".h") && !name.endsWith(".bpf.h"))
          .filter(name -> !name.equals("jmortem.h"))
          .forEach(name -> wrong.add(name + " is neither shared nor *.bpf.h"));
    }
    assertEquals(List.of(), wrong);
  }

  /** From the topmost to the lowest. */
  private static List<String> rooms() throws IOException {
    List<String> rooms =
        ROOM.matcher(Files.readString(Path.of("../ARCHITECTURE.md")))
            .results()
            .map(row -> row.group(1))
            .filter(name -> Files.isDirectory(SOURCES.resolve(name)))
            .toList();
    assertTrue(rooms.size() > 5, rooms::toString);
    return rooms;
  }

  /** What each file of a room includes of ours. */
  private static Map<String, List<String>> includes() throws IOException {
    Map<String, List<String>> includes = new TreeMap<>();
    try (Stream<Path> files = Files.walk(SOURCES, 2)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.getParent().equals(SOURCES)) {
          includes.put(
              SOURCES.relativize(file).toString(),
              INCLUDE
                  .matcher(Files.readString(file))
                  .results()
                  .map(found -> found.group(1))
                  .toList());
        }
      }
    }
    assertTrue(includes.size() > 50, includes::toString);
    return includes;
  }

  private static String room(String file) {
    return file.substring(0, file.indexOf('/'));
  }

  /** A header and its source are one, and so are the parts of one struct. */
  private static String unit(String file) {
    String name = file.contains(".") ? file.substring(0, file.lastIndexOf('.')) : file;
    return name.replaceFirst("(watch/watch)_\\w+$", "$1")
        .replaceFirst("probes/(probes_parts|attach|describe)$", "probes/probes")
        .replaceFirst("probes/programs_\\w+$", "probes/programs");
  }
}
