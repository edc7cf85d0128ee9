package io.querator.node.http;

import static java.util.Objects.requireNonNull;

import io.querator.client.BodyLimit;
import io.querator.client.Limits;
import java.time.Duration;

/// Where a server listens and how much it puts up with.
///
/// @param host a name or an address; empty stands for all addresses of the machine
/// @param port 0 takes a free one
/// @param connectionsMax open connections; more wait until the system accepts them. When nine
///   tenths are taken, idle ones are closed after a few seconds
/// @param callsMax calls under way, those that wait included; more are answered with 454
/// @param bodyBytesMax bytes of bodies in memory, received or about to be sent; beyond, requests
///   are answered with 454. A body takes up to four times its size while it is decoded
/// @param produceBody the largest body of a produce
/// @param idleTimeout how long a connection may stay without a request
/// @param requestTimeout how long a request may take to arrive, from its first byte on
/// @param writeTimeout how long the client may refuse to take the next 64 KiB of an answer
/// @param drainTimeout how long [HttpServer#close] waits for the requests under way
public record HttpSettings(
    String host,
    int port,
    int connectionsMax,
    int callsMax,
    long bodyBytesMax,
    BodyLimit produceBody,
    Duration idleTimeout,
    Duration requestTimeout,
    Duration writeTimeout,
    Duration drainTimeout) {
  public static final int PORT_DEFAULT = 2319;

  public HttpSettings {
    requireNonNull(host, "host");
    requireNonNull(produceBody, "produceBody");
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port out of range: " + port);
    }
    atLeastOne(connectionsMax, "connectionsMax");
    atLeastOne(callsMax, "callsMax");
    atLeastOne(bodyBytesMax, "bodyBytesMax");
    atLeastOne(idleTimeout.toMillis(), "idleTimeout");
    atLeastOne(requestTimeout.toMillis(), "requestTimeout");
    atLeastOne(writeTimeout.toMillis(), "writeTimeout");
    if (drainTimeout.isNegative()) {
      throw new IllegalArgumentException("drainTimeout < 0: " + drainTimeout);
    }
  }

  public static HttpSettings defaults() {
    return new HttpSettings(
        "localhost",
        PORT_DEFAULT,
        10_000,
        8_000,
        Math.max(16 << 20, Runtime.getRuntime().maxMemory() / 8),
        Limits.PRODUCE_BODY,
        Duration.ofMinutes(5),
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        Duration.ofSeconds(10));
  }

  private static void atLeastOne(long value, String name) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " < 1: " + value);
    }
  }
}
