// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The file descriptors that this process inherited. `run` passes them on to the command. */
public final class FileDescriptors {

  private static final Path OPEN = Path.of("/proc/self/fd");

  private final Set<Integer> inherited;

  private FileDescriptors(Set<Integer> inherited) {
    this.inherited = inherited;
  }

  /**
   * Must be called before this process opens files itself. Files that the VM has opened already are
   * recognised by their paths.
   *
   * @param jar the jar that this process runs from
   */
  public static FileDescriptors inherited(Path jar) throws IOException {
    Set<Integer> inherited = new TreeSet<>();
    for (int each : open()) {
      String file = target(each);
      if (!file.isEmpty() && !isOfTheVm(file, jar)) {
        inherited.add(each);
      }
    }
    return new FileDescriptors(inherited);
  }

  private static boolean isOfTheVm(String file, Path jar) {
    return file.startsWith(System.getProperty("java.home") + "/")
        || file.equals(jar.toString())
        || file.equals("/dev/random")
        || file.equals("/dev/urandom");
  }

  /** The descriptors that this process has opened itself. */
  List<Integer> openedSince() throws IOException {
    List<Integer> own = new ArrayList<>();
    for (int each : open()) {
      if (!inherited.contains(each)) {
        own.add(each);
      }
    }
    return own;
  }

  private static String target(int descriptor) {
    try {
      return Files.readSymbolicLink(OPEN.resolve(Integer.toString(descriptor))).toString();
    } catch (IOException e) {
      return ""; // the descriptor by which the list was read
    }
  }

  private static List<Integer> open() throws IOException {
    try (Stream<Path> all = Files.list(OPEN)) {
      return all.map(each -> Integer.valueOf(each.getFileName().toString())).toList();
    }
  }
}
