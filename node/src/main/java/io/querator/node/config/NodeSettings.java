package io.querator.node.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Everything that a node can be set to. The defaults: [#DEFAULT].
///
/// @param name of the node, kept with the partitions that it opens: 1 to 64 letters, digits, `.`,
///   `_`, `-`; absent: that of the machine
/// @param listen where clients connect to
/// @param data the folder of the embedded database and of this node's part of the ownership table
/// @param startTimeout 1 s to 1 h: how long a start tries to reach its storages before it fails
/// @param shutdownTimeout 1 s to 10 min: how long a stop waits for requests under way
/// @param storages one or more
public record NodeSettings(
    @Nullable String name,
    HostPort listen,
    Path data,
    Duration startTimeout,
    Duration shutdownTimeout,
    HttpLimitSettings http,
    QueueLimitSettings queue,
    List<StorageSettings> storages,
    LogSettings log,
    MetricSettings metrics,
    HealthSettings health,
    ClusterSettings cluster) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final int STORAGES_MAX = 64;

  /// What a node runs with unless told otherwise.
  public static final NodeSettings DEFAULT =
      new NodeSettings(
          null,
          new HostPort("127.0.0.1", 2319),
          Path.of("./data"),
          Duration.ofMinutes(5),
          Duration.ofSeconds(30),
          HttpLimitSettings.DEFAULT,
          QueueLimitSettings.DEFAULT,
          List.of(StorageSettings.DEFAULT),
          LogSettings.DEFAULT,
          MetricSettings.DEFAULT,
          HealthSettings.DEFAULT,
          ClusterSettings.DEFAULT);

  public NodeSettings {
    if (name != null && !NAME.matcher(name).matches()) {
      throw new SettingException("name", nameMustBe(name));
    }
    requireNonNull(listen, "listen");
    requireNonNull(data, "data");
    Range.check("startTimeout", startTimeout, "1s", "1h");
    Range.check("shutdownTimeout", shutdownTimeout, "1s", "10m");
    requireNonNull(http, "http");
    requireNonNull(queue, "queue");
    storages = List.copyOf(storages);
    requireNonNull(log, "log");
    requireNonNull(metrics, "metrics");
    requireNonNull(health, "health");
    requireNonNull(cluster, "cluster");
    checkStorages(storages);
  }

  /// @throws IllegalArgumentException if it is no name of a node
  static void checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("a node's name " + nameMustBe(name));
    }
  }

  private static String nameMustBe(String name) {
    return "must be 1 to 64 letters, digits, '.', '_' and '-', not '" + name + "'";
  }

  private static void checkStorages(List<StorageSettings> storages) {
    if (storages.isEmpty() || storages.size() > STORAGES_MAX) {
      throw new SettingException(
          "storages", "must be 1 to %d storages, not %d".formatted(STORAGES_MAX, storages.size()));
    }
    Set<String> names = new HashSet<>();
    for (StorageSettings storage : storages) {
      if (!names.add(storage.name())) {
        throw new SettingException(
            "storages", "two storages have the name '" + storage.name() + "'; names must differ");
      }
    }
    if (storages.stream().filter(storage -> storage.url().isEmbedded()).count() > 1) {
      throw new SettingException(
          "storages", "only one storage can be the embedded database; is a url missing?");
    }
    if (storages.stream().allMatch(storage -> storage.affinity() == 0)) {
      throw new SettingException("storages", "one storage at least must have an affinity above 0");
    }
  }
}
