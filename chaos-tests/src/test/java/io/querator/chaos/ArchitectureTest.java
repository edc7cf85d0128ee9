package io.querator.chaos;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameStartingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// What the chaos tests may know of the product.
@AnalyzeClasses(
    packages = "io.querator.chaos",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  @ArchTest
  static final ArchRule KNOWS_THE_CLIENT_ALONE =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.querator.chaos.cluster..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.querator.storage..", "io.querator.queue..", "io.querator.cluster..");

  /// Not its stores, catalogues and so on: a server of any kind is all that a run needs.
  @ArchTest
  static final ArchRule STARTS_THE_SERVERS_OF_THE_STORAGES_TESTS =
      noClasses()
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.querator.storage..")
                  .and(not(resideInAPackage("io.querator.storage.embedded")))
                  .and(not(nameStartingWith("io.querator.storage.TestMysql"))));

  @ArchTest
  static final ArchRule STARTS_PROCESSES_WITH_THE_PRODUCTS_OWN_MEANS =
      classes()
          .that()
          .resideInAPackage("io.querator.chaos.cluster..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.querator.chaos..",
              "io.querator.client..",
              "io.querator.storage..",
              "de.bwaldvogel.mongo..",
              "org.opentest4j..",
              "io.querator.node.process..",
              "com.fasterxml.jackson..",
              "java..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule THE_CHECKER_KNOWS_HISTORIES_ALONE =
      classes()
          .that()
          .resideInAPackage("io.querator.chaos.check..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.querator.chaos.check..",
              "io.querator.chaos.history..",
              "java..",
              "org.jspecify..");
}
