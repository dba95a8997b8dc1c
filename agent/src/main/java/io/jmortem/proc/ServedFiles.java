// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files of a dead process. A process of the helper serves them: it has the root and working
 * directories of the dead process open, and runs as its user (native-helper's {@code reporter.c}).
 *
 * <p>{@code docs/internals/protocols.md} describes requests and answers.
 *
 * <p>Answers are not trusted: the server runs as the process's user, who may have taken it over.
 * After a malformed answer, no more requests are sent.
 */
public final class ServedFiles implements ProcessFiles {

  /** linux/limits.h. */
  private static final int PATH_MAX = 4096;

  private static final int MAX_LINE = 256;

  /** The server sends at most this much of a file. */
  private static final long MAX_FILE = 128L << 20;

  // what a request and an answer begin with, as in native-helper's protocol.h
  private static final char ROOT = 'R';
  private static final char ROOT_HEAD = 'r';
  private static final char CWD = 'W';
  private static final char CWD_HEAD = 'w';
  private static final String OK = "ok";
  private static final String CUT = "cut";
  private static final String NO = "no";

  private static final Pattern ANSWER =
      Pattern.compile(
          "("
              + OK
              + "|"
              + CUT
              + ") (\\d{1,18}) (-?\\d{1,18}) (\\d{1,18}) (\\d{1,18}) (\\d{1,18}) (\\p{XDigit}{1,16})");

  /** Messages of strerror(3). */
  private static final Pattern REASON = Pattern.compile("[\\w ,'()/-]{1,80}");

  /** linux/magic.h, in hexadecimal. */
  private static final Map<String, String> FILE_SYSTEMS =
      Map.of(
          "1021994", "tmpfs",
          "858458f6", "ramfs",
          "ef53", "ext4",
          "58465342", "xfs",
          "9123683e", "btrfs",
          "794c7630", "overlay",
          "6969", "nfs",
          "65735546", "fuse",
          "958458f6", "hugetlbfs");

  private final DataInputStream in;
  private final OutputStream out;
  private final String workingDirectory;
  private @Nullable Content current;
  private @Nullable String refusal; // the last file
  private boolean isBroken;

  /**
   * @param workingDirectory the process's name for it; empty if it is unknown
   */
  public ServedFiles(InputStream in, OutputStream out, String workingDirectory) {
    this.in = new DataInputStream(in);
    this.out = out;
    this.workingDirectory = workingDirectory;
  }

  @Override
  public Optional<String> refusal(String named) {
    refusal = null;
    return openHead(named).isPresent() ? Optional.empty() : Optional.ofNullable(refusal);
  }

  private record Request(char kind, String path) {}

  @Override
  public Optional<TargetFile> open(String named) {
    return first(requests(named, CWD, ROOT), MAX_FILE);
  }

  @Override
  public Optional<TargetFile> openHead(String named) {
    return first(requests(named, CWD_HEAD, ROOT_HEAD), HEAD);
  }

  /** Prefers the open working directory to its name, which may have been moved or unmounted. */
  private List<Request> requests(String named, char below, char absolute) {
    List<Request> requests = new ArrayList<>();
    if (!named.startsWith("/")) {
      addBelow(requests, below, named);
      if (workingDirectory.startsWith("/")) {
        requests.add(new Request(absolute, workingDirectory + "/" + named));
      }
      return requests;
    }
    String prefix = workingDirectory.endsWith("/") ? workingDirectory : workingDirectory + "/";
    if (workingDirectory.startsWith("/") && named.startsWith(prefix)) {
      addBelow(requests, below, named.substring(prefix.length()));
    }
    requests.add(new Request(absolute, named));
    return requests;
  }

  private static void addBelow(List<Request> requests, char kind, String relative) {
    String path = relative.replaceFirst("^/+", "");
    if (!path.isEmpty() && !Arrays.asList(path.split("/", -1)).contains("..")) {
      requests.add(new Request(kind, path));
    }
  }

  private Optional<TargetFile> first(List<Request> requests, long limit) {
    for (Request request : requests) {
      Optional<TargetFile> file = ask(request, limit);
      if (file.isPresent()) {
        return file;
      }
    }
    return Optional.empty();
  }

  private Optional<TargetFile> ask(Request request, long limit) {
    byte[] path = UndecodedBytes.encode(request.path());
    if (isBroken || path.length >= PATH_MAX || request.path().indexOf('\0') >= 0) {
      return Optional.empty();
    }
    try {
      if (current != null) {
        current.close();
      }
      byte[] all = new byte[path.length + 2];
      all[0] = (byte) request.kind();
      System.arraycopy(path, 0, all, 1, path.length);
      out.write(all);
      out.flush();
      return answered(line(), limit);
    } catch (IOException e) {
      isBroken = true;
      return Optional.empty();
    }
  }

  private Optional<TargetFile> answered(String line, long limit) throws IOException {
    if (line.startsWith(NO + " ")) {
      String why = line.substring(3);
      refusal = REASON.matcher(why).matches() ? why : null;
      return Optional.empty();
    }
    Matcher answer = ANSWER.matcher(line);
    if (!answer.matches()) {
      throw new IOException("no answer of the protocol's");
    }
    current = new Content(limit);
    return Optional.of(
        new TargetFile(
            Long.parseLong(answer.group(2)),
            Long.parseLong(answer.group(3)),
            Long.parseLong(answer.group(4)),
            Long.parseLong(answer.group(5)),
            Long.parseLong(answer.group(6)),
            FILE_SYSTEMS.getOrDefault(answer.group(7), answer.group(7)),
            answer.group(1).equals(CUT),
            current));
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0 || line.size() == MAX_LINE) {
        throw new EOFException();
      }
      line.write(c);
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  /** The chunks of one file. Closing it reads the remaining chunks. */
  private final class Content extends InputStream {

    private long left;
    private int chunk;
    private boolean isAtEnd;

    Content(long limit) {
      this.left = limit;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      try {
        if (chunk == 0 && !isAtEnd) {
          nextChunk();
        }
        if (isAtEnd) {
          return -1;
        }
        int n = in.read(to, offset, Math.min(length, chunk));
        if (n < 0) {
          throw new EOFException("the file ends in the middle of a chunk");
        }
        chunk -= n;
        return n;
      } catch (IOException e) {
        isBroken = true;
        isAtEnd = true;
        throw e;
      }
    }

    private void nextChunk() throws IOException {
      if (isBroken) {
        throw new IOException("the files can't be read any more");
      }
      int length = in.readInt();
      if (length < 0 || length > left) {
        throw new IOException("a chunk of " + length + " bytes");
      }
      left -= length;
      chunk = length;
      isAtEnd = length == 0;
    }

    @Override
    public void close() throws IOException {
      transferTo(OutputStream.nullOutputStream());
    }
  }
}
