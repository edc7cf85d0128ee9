package io.querator.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// Who may import what, over all modules.
@AnalyzeClasses(
    packages = "io.querator",
    importOptions = {
      ImportOption.DoNotIncludeTests.class,
      ArchitectureTest.DoNotIncludeTestJars.class
    })
final class ArchitectureTest {
  /// Where a build packages before it tests, the tests of other modules come as jars.
  static final class DoNotIncludeTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  private static final String STORAGE = "io.querator.storage";
  private static final String QUEUE = "io.querator.queue..";
  private static final String CLIENT = "io.querator.client..";
  private static final String NODE = "io.querator.node..";

  @ArchTest
  static final ArchRule STORAGE_KNOWS_NOBODY =
      noClasses()
          .that()
          .resideInAPackage(STORAGE + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(QUEUE, CLIENT, NODE);

  @ArchTest
  static final ArchRule QUEUE_KNOWS_THE_PORT_ONLY =
      classes()
          .that()
          .resideInAPackage(QUEUE)
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(QUEUE, STORAGE, "java..", "org.slf4j..", "org.jspecify..");

  @ArchTest
  static final ArchRule CLIENT_KNOWS_NOBODY =
      noClasses()
          .that()
          .resideInAPackage(CLIENT)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(STORAGE + "..", QUEUE, NODE);

  @ArchTest
  static final ArchRule ONLY_THE_SQL_STORES_SEE_SQL =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              STORAGE + ".sql..",
              STORAGE + ".jdbc..",
              STORAGE + ".mysql..",
              STORAGE + ".embedded..",
              "io.querator.node.bench..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.sql..", "javax.sql..", "org.postgresql..", "org.mariadb..", "com.zaxxer..");

  /// A further kind of database is one more case in storage.database, and nothing else.
  @ArchTest
  static final ArchRule NOBODY_ASKS_FOR_THE_KIND_OF_A_DATABASE =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              STORAGE + ".database..",
              STORAGE + ".sql..",
              STORAGE + ".jdbc..",
              STORAGE + ".mysql..",
              STORAGE + ".mongo..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              STORAGE + ".sql..", STORAGE + ".jdbc..", STORAGE + ".mysql..", STORAGE + ".mongo..");

  @ArchTest
  static final ArchRule ONLY_ITS_STORE_SEES_MONGODB =
      noClasses()
          .that()
          .resideOutsideOfPackage(STORAGE + ".mongo..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.mongodb..", "org.bson..");

  @ArchTest
  static final ArchRule ONLY_HTTP_SEES_HELIDON =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.querator.node.http..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.helidon..");

  @ArchTest
  static final ArchRule THE_SERVICE_KNOWS_NO_TRANSPORT =
      noClasses()
          .that()
          .resideInAPackage("io.querator.node.service..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.querator.node.http..", "io.querator.node.api..", STORAGE + ".jdbc..");
}
