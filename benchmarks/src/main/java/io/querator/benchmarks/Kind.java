package io.querator.benchmarks;

import io.querator.benchmarks.sides.BeanstalkdSide;
import io.querator.benchmarks.sides.DbSchedulerSide;
import io.querator.benchmarks.sides.JobRunrSide;
import io.querator.benchmarks.sides.RabbitMqSide;
import io.querator.benchmarks.sides.RawSide;
import io.querator.benchmarks.sides.Server;
import io.querator.benchmarks.sides.Side;
import io.querator.benchmarks.sides.SkipLockedSide;
import io.querator.benchmarks.sides.UnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// What Querator is compared with.
enum Kind {
  RAW((server, _) -> new RawSide(server)),
  SKIP_LOCKED(SkipLockedSide::new),
  DB_SCHEDULER((server, _) -> new DbSchedulerSide(server)),
  JOBRUNR((server, _) -> new JobRunrSide(server)),
  RABBITMQ((_, directory) -> new RabbitMqSide(directory)),
  BEANSTALKD((_, directory) -> new BeanstalkdSide(directory));

  private interface Opening {
    Side open(Server server, Path directory)
        throws UnavailableException, IOException, InterruptedException;
  }

  private final Opening opening;

  Kind(Opening opening) {
    this.opening = opening;
  }

  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Optional<Kind> of(String text) {
    return Arrays.stream(values()).filter(kind -> kind.text().equals(text)).findFirst();
  }

  /// @param directory where its files may go
  Side open(Server server, Path directory)
      throws UnavailableException, IOException, InterruptedException {
    return opening.open(server, directory);
  }
}
