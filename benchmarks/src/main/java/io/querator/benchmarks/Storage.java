package io.querator.benchmarks;

import io.querator.benchmarks.sides.MysqlServer;
import io.querator.benchmarks.sides.PostgresServer;
import io.querator.benchmarks.sides.Server;
import io.querator.benchmarks.sides.UnavailableException;
import io.querator.node.text.UsageException;
import io.querator.storage.TestMysql;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// Which database the sides of a comparison share.
///
/// There is none that speaks MongoDB's protocol: what an emulator in memory does says nothing about
/// MongoDB.
enum Storage {
  POSTGRES(PostgresServer::start),
  MYSQL((_, _) -> MysqlServer.start(TestMysql.Kind.MYSQL)),
  MARIADB((_, _) -> MysqlServer.start(TestMysql.Kind.MARIADB));

  private interface Starting {
    Server start(Path directory, Consumer<String> progress) throws UnavailableException;
  }

  private final Starting starting;

  Storage(Starting starting) {
    this.starting = starting;
  }

  private String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// @throws UsageException if there is none of that name
  static Storage of(String text) {
    return Arrays.stream(values())
        .filter(storage -> storage.text().equals(text))
        .findFirst()
        .orElseThrow(() ->
            new UsageException(
                "--storage must be one of %s, not '%s'%s"
                    .formatted(
                        Arrays.stream(values())
                            .map(Storage::text)
                            .collect(Collectors.joining(", ")),
                        text,
                        text.startsWith("mongodb")
                            ? "; what an emulator in memory does says nothing about MongoDB"
                            : "")));
  }

  /// @param directory where its data may go
  /// @throws UnavailableException if this machine cannot run it
  Server start(Path directory, Consumer<String> progress) throws UnavailableException {
    return starting.start(directory, progress);
  }
}
