package io.querator.node.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What the node takes from its clients.
///
/// @param produceBodyMax 1 kB to 256 MB: the largest body of a produce
/// @param bodyMemory 16 MiB or more for bodies of requests under way; absent: an eighth of the
///   heap, 16 MiB at least. A body takes about four times its size while it is worked on
/// @param connectionsMax 10 to 1,000,000 connections at the same time
/// @param callsMax 10 to 1,000,000 calls at the same time, those that wait for items included
/// @param requestTimeout 1 s to 10 min for a request to arrive
/// @param writeTimeout 1 s to 10 min in which a client takes nothing of its answer
/// @param idleTimeout 1 s to 1 h that a connection may stay open without a request
public record HttpLimitSettings(
    ByteSize produceBodyMax,
    @Nullable ByteSize bodyMemory,
    int connectionsMax,
    int callsMax,
    Duration requestTimeout,
    Duration writeTimeout,
    Duration idleTimeout) {
  static final HttpLimitSettings DEFAULT =
      new HttpLimitSettings(
          new ByteSize(5_000_000),
          null,
          10_000,
          8_000,
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          Duration.ofMinutes(5));

  private static final long BODY_BYTES_MIN = 16 << 20;

  public HttpLimitSettings {
    Range.check("produceBodyMax", produceBodyMax, "1kB", "256MB");
    if (bodyMemory != null) {
      Range.check("bodyMemory", bodyMemory, "16MiB", "1TiB");
    }
    Range.check("connectionsMax", connectionsMax, 10, 1_000_000);
    Range.check("callsMax", callsMax, 10, 1_000_000);
    Range.check("requestTimeout", requestTimeout, "1s", "10m");
    Range.check("writeTimeout", writeTimeout, "1s", "10m");
    Range.check("idleTimeout", idleTimeout, "1s", "1h");
  }

  /// The memory for bodies.
  ///
  /// @param heapBytes of this process
  public long bodyBytes(long heapBytes) {
    return bodyMemory == null ? Math.max(BODY_BYTES_MIN, heapBytes / 8) : bodyMemory.bytes();
  }
}
