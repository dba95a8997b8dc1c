// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.hserr.HsErrFile;
import io.jmortem.hserr.HsErrLog;

/**
 * An error log of HotSpot.
 *
 * @param copy its name in the report's directory
 */
record LocatedLog(HsErrFile file, String copy) {

  HsErrLog log() {
    return file.log();
  }
}
