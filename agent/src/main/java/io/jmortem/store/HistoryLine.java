// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jmortem.report.TerminalText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The end of a JVM that has no report, as the daemon tells it: one JSON object a line. Name and
 * cgroup come from the JVM.
 *
 * @param time of the end; of a missed one, when the daemon noticed it
 * @param event {@code ended}, an orderly end; or {@code missed}, while no daemon watched
 * @param status as a shell has it: 143 after a SIGTERM; null if nobody saw it
 * @param name the main class or jar; empty if it is unknown
 * @param cgroup empty if it is unknown
 */
public record HistoryLine(
    Instant time, long pid, String event, @Nullable Integer status, String name, String cgroup) {

  /** The older one first; {@code history.c} starts a new one when it is full. */
  private static final List<Path> FILES =
      List.of(Path.of("history-1.ndjson"), Path.of("history.ndjson"));

  /** Only the end of a longer file is read. */
  private static final long MAX_BYTES = 4 << 20;

  private static final int MAX_TEXT = 300;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The lines of a directory's history, in their order; those that are no lines are left out. */
  static List<HistoryLine> read(Path place) {
    List<HistoryLine> lines = new ArrayList<>();
    for (Path file : FILES) {
      read(place, file).lines().forEach(line -> of(line).ifPresent(lines::add));
    }
    return lines;
  }

  private static String read(Path place, Path file) {
    try (OpenDirectory directory = OpenDirectory.at(place);
        InputStream stream = directory.read(file)) {
      long size = directory.attributes(file).map(PosixFileAttributes::size).orElse(0L);
      stream.skipNBytes(Math.max(size - MAX_BYTES, 0));
      return new String(stream.readNBytes((int) Math.min(size, MAX_BYTES)), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return ""; // there is no history, or it may not be read
    }
  }

  private static Optional<HistoryLine> of(String line) {
    try {
      JsonNode node = MAPPER.readTree(line);
      return Optional.of(
          new HistoryLine(
              Instant.parse(node.path("time").asText()),
              node.path("pid").asLong(),
              text(node, "event"),
              node.path("status").isInt() ? ofShell(node.path("status").intValue()) : null,
              text(node, "name"),
              text(node, "cgroup")));
    } catch (IOException | DateTimeException e) {
      return Optional.empty(); // the first line may be a part of one
    }
  }

  /** From the status of wait(2). */
  private static int ofShell(int status) {
    int signal = status & 0x7f;
    return signal == 0 ? status >> 8 & 0xff : 128 + signal;
  }

  private static String text(JsonNode node, String field) {
    return TerminalText.line(node.path(field).asText(), MAX_TEXT);
  }
}
