package io.querator.benchmarks;

import io.querator.benchmarks.sides.BeanstalkdSide;
import io.querator.benchmarks.sides.DbSchedulerSide;
import io.querator.benchmarks.sides.JobRunrSide;
import io.querator.benchmarks.sides.PostgresServer;
import io.querator.benchmarks.sides.RabbitMqSide;
import io.querator.benchmarks.sides.RawSide;
import io.querator.benchmarks.sides.Server;
import io.querator.benchmarks.sides.Side;
import io.querator.benchmarks.sides.SkipLockedSide;
import io.querator.benchmarks.sides.UnavailableException;
import io.querator.node.process.CleanUp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// What Querator is compared with.
enum Kind {
  RAW((server, _, _) -> new RawSide(server)),
  SKIP_LOCKED((server, directory, _) -> new SkipLockedSide(postgres(server), directory)),
  DB_SCHEDULER((server, _, _) -> new DbSchedulerSide(postgres(server))),
  JOBRUNR((server, _, _) -> new JobRunrSide(postgres(server))),
  RABBITMQ((_, directory, cleanUp) -> new RabbitMqSide(directory, cleanUp)),
  BEANSTALKD((_, directory, cleanUp) -> new BeanstalkdSide(directory, cleanUp));

  private interface Opening {
    Side open(Server server, Path directory, CleanUp cleanUp)
        throws UnavailableException, IOException, InterruptedException;
  }

  private final Opening opening;

  Kind(Opening opening) {
    this.opening = opening;
  }

  private static PostgresServer postgres(Server server) throws UnavailableException {
    if (server instanceof PostgresServer postgres) {
      return postgres;
    }
    throw new UnavailableException("it is compared on PostgreSQL alone");
  }

  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Optional<Kind> of(String text) {
    return Arrays.stream(values()).filter(kind -> kind.text().equals(text)).findFirst();
  }

  /// @param directory where its files may go
  /// @param cleanUp ends the processes that it starts if this one is killed
  Side open(Server server, Path directory, CleanUp cleanUp)
      throws UnavailableException, IOException, InterruptedException {
    return opening.open(server, directory, cleanUp);
  }
}
