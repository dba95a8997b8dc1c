// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import java.util.Set;

/** Which classes are the application's, rather than the platform's or ours. */
final class ApplicationClasses {

  private static final Set<String> PLATFORM_PREFIXES =
      Set.of("java.", "javax.", "jdk.", "sun.", "com.sun.", "io.jmortem.agent.");

  private ApplicationClasses() {}

  static boolean contains(String className) {
    return PLATFORM_PREFIXES.stream().noneMatch(className::startsWith);
  }
}
