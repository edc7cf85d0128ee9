package io.querator.node.config;

import java.time.Duration;

/// How the node looks after itself.
///
/// @param interval 100 ms to 1 min: how old an answer about the storages may be
/// @param timeout 100 ms to 1 min: a storage that takes longer to answer has failed
public record HealthSettings(Duration interval, Duration timeout) {
  static final HealthSettings DEFAULT =
      new HealthSettings(Duration.ofSeconds(1), Duration.ofSeconds(2));

  public HealthSettings {
    Range.check("interval", interval, "100ms", "1m");
    Range.check("timeout", timeout, "100ms", "1m");
  }
}
