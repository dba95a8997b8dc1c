// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import io.jmortem.report.Report.Frame;

/** Formats a frame on one line, as a Java stack trace or a debugger does. */
final class FrameText {

  private FrameText() {}

  static String of(Frame frame) {
    return frame.className() != null ? java(frame) : nativeCode(frame);
  }

  private static String java(Frame frame) {
    StringBuilder line = new StringBuilder();
    line.append(frame.className()).append('.').append(frame.method());
    if ("native".equals(frame.type())) {
      line.append("(Native Method)");
    } else if (frame.file() != null) {
      line.append('(').append(frame.file());
      if (frame.line() != null) {
        line.append(':').append(frame.line());
      }
      line.append(')');
    } else if (frame.bci() != null) {
      line.append(" @bci ").append(frame.bci());
    }
    if (frame.type() != null && !frame.type().equals("native")) {
      line.append(" [").append(frame.type()).append(']');
    }
    return line.toString();
  }

  private static String nativeCode(Frame frame) {
    StringBuilder line = new StringBuilder();
    if (frame.path() != null) {
      line.append(frame.path().substring(frame.path().lastIndexOf('/') + 1)).append(' ');
    }
    line.append(
        frame.function() != null ? frame.function() : frame.ip() != null ? frame.ip() : "?");
    if (frame.type() != null) {
      line.append(" [").append(frame.type()).append(']');
    }
    return line.toString();
  }
}
