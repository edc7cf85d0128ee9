package io.querator.node.health;

import io.querator.node.config.HealthSettings;
import io.querator.node.health.NodeState.Phase;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// Answers questions about the node's health.
///
/// * [#health()]: whether the storages work, in the format `application/health+json`.
/// * [#live()]: whether the process is worth keeping; whatever the storages do.
/// * [#ready()]: whether clients should be sent here.
///
/// Safe for use by many threads.
public final class HealthReporter {
  private static final String TYPE = "application/health+json";
  private static final int OK = 200;
  private static final int UNAVAILABLE = 503;

  private final String version;
  private final NodeState state;
  private final HealthSettings settings;
  private final InstantSource clock;
  private volatile List<StorageProbe> probes = List.of();
  private volatile Supplier<Map<String, String>> problems = Map::of;

  public HealthReporter(
      String version, NodeState state, HealthSettings settings, InstantSource clock) {
    this.version = version;
    this.state = state;
    this.settings = settings;
    this.clock = clock;
  }

  /// Watches these storages from now on.
  ///
  /// @param questions by the storages' names: each returns if its storage works and throws if not
  public void watch(Map<String, Runnable> questions) {
    List<StorageProbe> watched = new ArrayList<>();
    new LinkedHashMap<>(questions)
        .forEach(
            (name, question) -> watched.add(new StorageProbe(name, question, settings, clock)));
    probes = List.copyOf(watched);
  }

  /// Tells of these, too, from now on.
  ///
  /// @param known what is wrong with storages although they answer, by their names
  public void tell(Supplier<Map<String, String>> known) {
    problems = known;
  }

  /// Whether the storages work: *pass* if all do, *warn* if some do or partitions are missing,
  /// *fail* if none does. Waits for the time-out of the settings at most.
  public HealthAnswer health() {
    List<StorageProbe> asked = probes;
    if (asked.isEmpty()) {
      return report("fail", clock.instant(), "the storages are not open yet");
    }
    Map<String, StorageStatus> failed = new LinkedHashMap<>();
    Instant oldest = Instant.MAX;
    for (StorageProbe probe : asked) {
      StorageStatus status = probe.status();
      oldest = status.at().isBefore(oldest) ? status.at() : oldest;
      if (!status.works()) {
        failed.put(probe.name(), status);
      }
    }
    boolean none = failed.size() == asked.size();
    Map<String, String> told = new LinkedHashMap<>();
    failed.forEach((name, status) -> told.put(name, status.problem()));
    problems
        .get()
        .forEach((name, problem) ->
            told.merge(name, problem, (first, second) -> first + ", and " + second));
    String output =
        told.entrySet().stream()
            .map(entry -> entry.getKey() + ": " + entry.getValue())
            .collect(Collectors.joining("; "));
    return report(told.isEmpty() ? "pass" : none ? "fail" : "warn", oldest, output);
  }

  private HealthAnswer report(String status, Instant time, String output) {
    StringBuilder json = new StringBuilder(256);
    json.append("{\"status\":\"").append(status).append("\",\"version\":");
    JsonText.append(json, version);
    json.append(",\"checks\":{\"queues:storage\":[{\"componentType\":\"datastore\",\"status\":\"");
    json.append(status)
        .append("\",\"time\":\"")
        .append(time.truncatedTo(ChronoUnit.MILLIS))
        .append('"');
    if (!output.isEmpty()) {
      json.append(",\"output\":");
      JsonText.append(json, output);
    }
    json.append("}]}}");
    return answer(status.equals("fail") ? UNAVAILABLE : OK, json);
  }

  /// Whether the process is worth keeping: it is, as long as it can say so.
  public HealthAnswer live() {
    return simple(true, "pass");
  }

  /// Whether clients should be sent here: not while the node starts, is drained, leaves or stops.
  public HealthAnswer ready() {
    Phase phase = state.phase();
    if (phase != Phase.SERVING) {
      return notReady(phase.name().toLowerCase(Locale.ROOT));
    }
    return state.isDraining() ? notReady("draining") : simple(true, "pass");
  }

  private static HealthAnswer notReady(String output) {
    return simple(false, "fail\",\"output\":\"" + output);
  }

  private static HealthAnswer simple(boolean ok, String status) {
    return answer(ok ? OK : UNAVAILABLE, new StringBuilder("{\"status\":\"" + status + "\"}"));
  }

  private static HealthAnswer answer(int code, StringBuilder json) {
    return new HealthAnswer(code, TYPE, json.toString().getBytes(StandardCharsets.UTF_8));
  }
}
