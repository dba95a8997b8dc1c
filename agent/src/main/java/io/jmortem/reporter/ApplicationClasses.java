// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import java.util.Set;

/** Decides which classes belong to the application, not to the platform or to us. */
final class ApplicationClasses {

  private static final Set<String> PLATFORM_PREFIXES =
      Set.of("java.", "javax.", "jdk.", "sun.", "com.sun.", "io.jmortem.agent.");

  private ApplicationClasses() {}

  static boolean contains(String className) {
    return PLATFORM_PREFIXES.stream().noneMatch(className::startsWith);
  }
}
