// SPDX-License-Identifier: Apache-2.0
package io.jmortem;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Which package may depend on which, as in ARCHITECTURE.md. */
class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.jmortem");

  @Test
  void directions() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("io.jmortem..")
        .layer("cli")
        .definedBy("io.jmortem.cli..")
        .layer("reporter")
        .definedBy("io.jmortem.reporter..")
        .layer("verdict")
        .definedBy("io.jmortem.verdict..")
        .layer("report")
        .definedBy("io.jmortem.report..")
        .layer("evidence")
        .definedBy("io.jmortem.evidence..")
        .layer("hserr")
        .definedBy("io.jmortem.hserr..")
        .layer("snapshot")
        .definedBy("io.jmortem.snapshot..")
        .layer("proc")
        .definedBy("io.jmortem.proc..")
        .layer("elf")
        .definedBy("io.jmortem.elf..")
        .layer("hotspot")
        .definedBy("io.jmortem.hotspot..")
        .layer("walker")
        .definedBy("io.jmortem.walker..")
        .layer("store")
        .definedBy("io.jmortem.store..")
        .layer("redact")
        .definedBy("io.jmortem.redact..")
        .layer("agent")
        .definedBy("io.jmortem.agent..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("reporter")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("verdict")
        .mayOnlyBeAccessedByLayers("reporter")
        .whereLayer("report")
        .mayOnlyBeAccessedByLayers("reporter", "verdict", "store", "cli")
        .whereLayer("evidence")
        .mayOnlyBeAccessedByLayers("reporter", "verdict")
        .whereLayer("hserr")
        .mayOnlyBeAccessedByLayers("reporter", "verdict")
        .whereLayer("snapshot")
        .mayOnlyBeAccessedByLayers("reporter")
        .whereLayer("hotspot")
        .mayOnlyBeAccessedByLayers("walker", "evidence", "reporter", "verdict")
        .whereLayer("walker")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("proc")
        .mayOnlyBeAccessedByLayers(
            "reporter", "verdict", "hserr", "hotspot", "walker", "store", "redact", "cli")
        .whereLayer("redact")
        .mayOnlyBeAccessedByLayers("reporter")
        .whereLayer("elf")
        .mayOnlyBeAccessedByLayers("reporter", "verdict")
        .whereLayer("store")
        .mayOnlyBeAccessedByLayers("reporter", "cli")
        .whereLayer("agent")
        .mayOnlyBeAccessedByLayers("cli")
        .check(CLASSES);
  }

  @Test
  void noCycles() {
    slices().matching("io.jmortem.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  /**
   * The code inside the watched JVM depends only on the JDK, and has no native code. The exception
   * is TracePermission, which has its library in a separate module layer.
   */
  @Test
  void agentDependsOnTheJdkAlone() {
    classes()
        .that()
        .resideInAPackage("io.jmortem.agent..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.jmortem.agent..",
            "org.jspecify.annotations", // for the compiler: nobody needs them at run time
            "java.lang",
            "java.lang.instrument",
            "java.lang.module",
            "java.lang.reflect",
            "java.io",
            "java.nio..",
            "java.net",
            "java.util",
            "java.util.concurrent.locks",
            "java.util.zip")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("io.jmortem.agent..")
        .should()
        .callMethod(System.class, "load", String.class)
        .orShould()
        .callMethod(System.class, "loadLibrary", String.class)
        .check(CLASSES);
  }

  /** What is not {@code @Nullable} is never null: the compiler holds each package to it. */
  @Test
  void everyPackageIsNullMarked() {
    Set<String> unmarked = new TreeSet<>();
    for (JavaClass each : CLASSES) {
      if (!each.getPackage().isAnnotatedWith(NullMarked.class)) {
        unmarked.add(each.getPackageName());
      }
    }
    assertEquals(Set.of(), unmarked);
  }

  /** The JVM's stdout belongs to the application. */
  @Test
  void nobodyPrintsOnStdout() {
    noClasses().should().accessField(System.class, "out").check(CLASSES);
  }
}
