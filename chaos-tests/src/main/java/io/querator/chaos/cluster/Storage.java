package io.querator.chaos.cluster;

import io.querator.chaos.UsageException;
import io.querator.storage.TestMysql;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.opentest4j.TestAbortedException;

/// Which database a run has.
public sealed interface Storage {
  /// @param text the name of one that the run starts for itself, or a URL
  /// @throws UsageException if it is neither
  static Storage of(String text) {
    return Arrays.stream(Own.values())
        .filter(own -> own.text().equals(text))
        .map(Storage.class::cast)
        .findFirst()
        .orElseGet(() -> new Given(GivenDatabase.of(text)));
  }

  /// Those that a run starts for itself.
  static String names() {
    return Arrays.stream(Own.values()).map(Own::text).collect(Collectors.joining(", "));
  }

  /// For people; without passwords.
  String text();

  /// Whether it can be killed and stopped, and has everything again when it starts.
  boolean isStoppable();

  /// Whether nodes reach it by links of the run.
  boolean isBehindLinks();

  /// Has it run.
  ///
  /// @param directory for it alone
  /// @throws UsageException if this machine cannot run it
  Database start(Path directory);

  /// One that the run starts, and that ends with it.
  enum Own implements Storage {
    POSTGRES {
      @Override
      public Database start(Path directory) {
        return new PostgresDatabase(directory);
      }
    },
    MYSQL {
      @Override
      public Database start(Path directory) {
        return server(TestMysql.Kind.MYSQL);
      }
    },
    MARIADB {
      @Override
      public Database start(Path directory) {
        return server(TestMysql.Kind.MARIADB);
      }
    },
    MONGODB_EMULATOR {
      @Override
      public boolean isStoppable() {
        return false;
      }

      @Override
      public Database start(Path directory) {
        return new EmulatedMongo();
      }
    };

    private static Database server(TestMysql.Kind kind) {
      try {
        return new MysqlDatabase(kind);
      } catch (TestAbortedException e) {
        throw new UsageException(String.valueOf(e.getMessage()));
      }
    }

    @Override
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public boolean isStoppable() {
      return true;
    }

    @Override
    public boolean isBehindLinks() {
      return true;
    }
  }

  /// One that somebody runs.
  record Given(GivenDatabase database) implements Storage {
    @Override
    public String text() {
      return database.toString();
    }

    @Override
    public boolean isStoppable() {
      return false;
    }

    @Override
    public boolean isBehindLinks() {
      return database.address().isPresent();
    }

    @Override
    public Database start(Path directory) {
      return database;
    }
  }
}
