// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Keeps four times as many processes busy as there are cores while the tests run; the tests must
 * still pass. It is used only in the Maven profile {@code busy}.
 */
public final class BusyMachine implements BeforeAllCallback {

  private static final int TIMES = 4;

  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.GLOBAL)
        .computeIfAbsent(BusyMachine.class, key -> new Load());
  }

  /** One object for all classes; JUnit closes it at the end. */
  private static final class Load implements AutoCloseable {

    private final List<Process> processes = new ArrayList<>();

    Load() {
      for (int i = 0; i < TIMES * Runtime.getRuntime().availableProcessors(); i++) {
        try {
          // it also ends with its standard input, in case this JVM is killed
          String work = "exec 3<&0; (cat <&3; kill -KILL $$) & while :; do :; done";
          processes.add(new ProcessBuilder("sh", "-c", work).start());
        } catch (IOException e) {
          close();
          throw new UncheckedIOException(e);
        }
      }
    }

    @Override
    public void close() {
      processes.forEach(Process::destroyForcibly);
    }
  }
}
