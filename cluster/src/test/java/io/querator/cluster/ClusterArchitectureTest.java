package io.querator.cluster;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// What may be seen from where in this module.
@AnalyzeClasses(
    packages = "io.querator.cluster",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class ClusterArchitectureTest {
  @ArchTest
  static final ArchRule ONE_PACKAGE_SEES_ATOMIX =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.querator.cluster.atomix..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.atomix..");

  /// The table must be the same on every replica: no clock, no chance.
  @ArchTest
  static final ArchRule OWNERSHIP_IS_PURE =
      classes()
          .that()
          .resideInAPackage("io.querator.cluster")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.querator.cluster",
              "io.querator.storage",
              "java.lang..",
              "java.io..",
              "java.nio",
              "java.util",
              "java.util.function..",
              "java.util.regex..",
              "java.util.stream..",
              "java.util.zip..",
              "org.jspecify..");
}
