// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.hserr.HsErrFrame;
import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.Trust;

/** A frame of HotSpot's log, as the report has it. */
final class LoggedFrames {

  private LoggedFrames() {}

  static Frame frame(HsErrFrame frame) {
    String function = frame.function();
    return new Frame(
        frame.className(),
        frame.method(),
        frame.descriptor(),
        frame.file(),
        frame.line() > 0 ? (Integer) frame.line() : null,
        frame.bci() >= 0 ? (Integer) frame.bci() : null,
        switch (frame.kind()) {
          case INTERPRETED -> "interpreted";
          case COMPILED -> "compiled";
          case VM -> "vm";
          case STUB -> "stub";
          case NATIVE -> "native";
        },
        function == null && frame.libraryOffset() != null ? "+" + frame.libraryOffset() : function,
        frame.library(),
        null,
        frame.pc(),
        null,
        Trust.CERTAIN,
        frame.isJava() ? (Boolean) InApp.is(frame.className()) : null);
  }
}
