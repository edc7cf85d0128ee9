package io.querator.client;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.querator.client",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule USES_THE_JDK_AND_PROTOBUF_ALONE =
      classes()
          .that()
          .resideInAPackage("io.querator.client..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.querator.client..",
              "com.google.protobuf..",
              "org.jspecify.annotations..",
              "java..");

  @ArchTest
  static final ArchRule ITS_MESSAGES_KNOW_NOTHING_ELSE =
      classes()
          .that()
          .resideInAPackage("io.querator.client.message..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("io.querator.client.message..", "com.google.protobuf..", "java..");
}
