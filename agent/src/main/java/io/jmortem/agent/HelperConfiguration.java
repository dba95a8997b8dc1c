// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * What the helper is told: {@code key=value} pairs, each ended by NUL, the whole by an empty one.
 * {@code docs/internals/protocols.md} describes the keys; {@code config.c} reads them.
 */
public final class HelperConfiguration {

  /** The number of the protocol, as in {@code config.h}: the helper refuses another one. */
  static final String PROTOCOL = "2";

  /** The keys. In the configuration, a key has its constant's name in small letters with dashes. */
  public enum Key {
    PROTOCOL,
    PID,
    TID,
    RELATION,
    PREDECESSOR,
    EXIT_ON_STDIN_CLOSE,
    DETACHED,
    DIR,
    FALLBACK_DIR,
    WORK_DIR,
    JAVA,
    JAR,
    VM_OPTIONS,
    COMMAND_LINE,
    REPORT_OPTIONS,
    SIGNALS,
    MARKER,
    FREEZE,
    HOLD,
    ON_EXIT,
    DEADLINE_MS,
    BUFFER,
    SOCKET,
    MATCH,
    TERMINATION_MESSAGE;

    /** As it stands in the configuration. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** The value of {@link Key#RELATION} for the JVM that starts the helper. */
  public static final String PARENT = "parent";

  /** The value of {@link Key#RELATION} for any other JVM. */
  public static final String OTHER = "other";

  /** The value of keys that are given or left out. */
  public static final String YES = "yes";

  private final ByteArrayOutputStream pairs = new ByteArrayOutputStream();

  private HelperConfiguration() {
    put(Key.PROTOCOL, PROTOCOL);
  }

  /** What a JVM may say to the daemon, which has a configuration of its own. */
  static HelperConfiguration forDaemon(AgentOptions options) {
    HelperConfiguration configuration = new HelperConfiguration();
    configuration.put(Key.REPORT_OPTIONS, options.ownReportOptions());
    if (options.isGiven("on-exit")) {
      configuration.put(Key.ON_EXIT, options.value("on-exit"));
    }
    if (options.isGiven("deadline")) {
      configuration.put(Key.DEADLINE_MS, Long.toString(options.deadlineMillis()));
    }
    return configuration;
  }

  /**
   * With what the options say, and what the helper's Java processes run on: this one's. Who is to
   * be watched is still to be put.
   */
  public HelperConfiguration(AgentOptions options, HelperBinary helper) {
    this();
    put(Key.WORK_DIR, helper.directory().toString());
    put(Key.JAVA, Path.of(System.getProperty("java.home"), "bin", "java").toString());
    put(Key.JAR, helper.reportersJar().toString());
    // the helper is started where this process is
    put(Key.DIR, CommandLineBytes.own().ofOption("dir", options.value("dir")));
    put(Key.FALLBACK_DIR, temporaryDirectory().resolve("jmortem-reports").toString());
    put(Key.FREEZE, options.value("freeze"));
    put(Key.HOLD, options.value("hold"));
    put(Key.MARKER, options.value("marker"));
    put(Key.ON_EXIT, options.value("on-exit"));
    put(Key.DEADLINE_MS, Long.toString(options.deadlineMillis()));
    put(Key.SIGNALS, options.signalNumbers());
    put(Key.REPORT_OPTIONS, options.reportOptions());
    if (!options.value("termination-message").isEmpty()) { // otherwise the helper's own default
      put(Key.TERMINATION_MESSAGE, options.value("termination-message"));
    }
  }

  /** Adds a pair. */
  public HelperConfiguration put(Key key, String value) {
    return put(key, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Adds a pair, the value of which may be no UTF-8. */
  public HelperConfiguration put(Key key, byte[] value) {
    pairs.writeBytes((key.toString() + '=').getBytes(StandardCharsets.UTF_8));
    for (byte each : value) {
      pairs.write(each == 0 ? ' ' : each);
    }
    pairs.write(0);
    return this;
  }

  /** The whole, as it goes to the helper. */
  public byte[] bytes() {
    byte[] all = pairs.toByteArray();
    return Arrays.copyOf(all, all.length + 1);
  }

  /** Where this process may put files for a while. */
  public static Path temporaryDirectory() {
    return Path.of(System.getProperty("java.io.tmpdir", "/tmp")).toAbsolutePath();
  }
}
