// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Event;
import io.jmortem.evidence.Evidence;
import io.jmortem.verdict.ExitStatus;
import java.util.Set;

/**
 * The JVM of a build tool. It exits with status 1 to report that a test failed, perhaps because
 * another JVM died. Such an exit is not a death to report.
 */
final class BuildTool {

  /** Main classes and jars of Maven, Gradle, Ant, sbt, and of their wrappers and daemons. */
  private static final Set<String> NAMES =
      Set.of(
          "org.codehaus.plexus.classworlds.launcher.Launcher",
          "org.codehaus.classworlds.Launcher",
          "org.apache.maven.wrapper.MavenWrapperMain",
          "org.gradle.launcher.GradleMain",
          "org.gradle.wrapper.GradleWrapperMain",
          "org.gradle.launcher.daemon.bootstrap.GradleDaemon",
          "gradle-wrapper.jar",
          "org.apache.tools.ant.launch.Launcher",
          "xsbt.boot.Boot",
          "sbt-launch.jar");

  /** Threads that call exit after System.exit (the VM thread) or a return from main. */
  private static final Set<String> ORDERLY = Set.of("VM Thread", "java");

  private BuildTool() {}

  /** Whether the process was a build tool and exited by itself. */
  static boolean hasExited(Evidence evidence) {
    boolean isExit =
        evidence.status().map(ExitStatus::of).map(status -> status.code() > 0).orElse(false);
    return isExit
        && NAMES.contains(JvmName.of(ProcessFacts.commandLine(evidence)))
        && evidence.first(Event.FatalError.class).isEmpty()
        && evidence.first(Event.Abort.class).isEmpty()
        && evidence
            .all(Event.ExitCalled.class)
            .allMatch(call -> ORDERLY.contains(call.thread().comm()));
  }
}
