// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What the helper is told: {@code key=value} pairs, each ended by NUL, the whole by an empty one.
 * The helper's {@code config.h} names the keys.
 */
public final class HelperConfiguration {

  private static final String PROTOCOL = "1";

  private final ByteArrayOutputStream pairs = new ByteArrayOutputStream();

  /**
   * With what the options say, and what the helper's Java processes run on: this one's. Who is to
   * be watched is still to be put.
   */
  public HelperConfiguration(AgentOptions options, HelperBinary helper) {
    put("protocol", PROTOCOL);
    put("work-dir", helper.directory().toString());
    put("java", Path.of(System.getProperty("java.home"), "bin", "java").toString());
    put("jar", helper.reportersJar().toString());
    // the helper is started where this process is
    put("dir", CommandLineBytes.own().ofOption("dir", options.value("dir")));
    put("fallback-dir", temporaryDirectory().resolve("jmortem-reports").toString());
    put("freeze", options.value("freeze"));
    put("hold", options.value("hold"));
    put("marker", options.value("marker"));
    put("on-exit", options.value("on-exit"));
    put("deadline-ms", Long.toString(options.deadlineMillis()));
    put("signals", options.signalNumbers());
    put("report-options", options.reportOptions());
  }

  /** Adds a pair. */
  public HelperConfiguration put(String key, String value) {
    return put(key, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Adds a pair, the value of which may be no UTF-8. */
  public HelperConfiguration put(String key, byte[] value) {
    pairs.writeBytes((key + '=').getBytes(StandardCharsets.UTF_8));
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
