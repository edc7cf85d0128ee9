package io.querator.client;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/// How a [QueratorClient] works; made by [#builder(List)].
///
/// @param nodes where nodes, or a load balancer before them, are reached: `http` or `https`, at
///   least one. Calls take turns over them, and go round those that do not answer
/// @param requestTimeout the time that the node has for a produce, lease or complete whose request
///   names none
/// @param answerMargin how much longer the client waits for such an answer to arrive
/// @param callTimeout the time of every other call, from its start to its answer and with all
///   repeats
/// @param connectTimeout of one attempt to reach a node
/// @param backoff the waits between attempts
/// @param callsMax calls at once, each of which holds a connection; further ones wait for their
///   turn within their time
/// @param answerBytesMax the largest answer that is read
/// @param keys whether a produce that has no idempotency key is given one, without which it cannot
///   be repeated when its answer is lost
/// @param closeTimeout how long closing waits for calls that are being executed
public record ClientSettings(
    List<URI> nodes,
    Duration requestTimeout,
    Duration answerMargin,
    Duration callTimeout,
    Duration connectTimeout,
    Backoff backoff,
    int callsMax,
    long answerBytesMax,
    boolean keys,
    Duration closeTimeout) {
  public ClientSettings {
    nodes = List.copyOf(nodes);
    if (nodes.isEmpty()) {
      throw new IllegalArgumentException("no nodes");
    }
    nodes.forEach(ClientSettings::checkNode);
    checkPositive("request timeout", requestTimeout);
    checkPositive("answer margin", answerMargin);
    checkPositive("call timeout", callTimeout);
    checkPositive("connect timeout", connectTimeout);
    checkPositive("close timeout", closeTimeout);
    if (callsMax < 1) {
      throw new IllegalArgumentException("calls max < 1: " + callsMax);
    }
    if (answerBytesMax < 1) {
      throw new IllegalArgumentException("answer bytes max < 1: " + answerBytesMax);
    }
  }

  /// Settings with their defaults, to be changed.
  public static Builder builder(List<URI> nodes) {
    return new Builder(nodes);
  }

  /// The default settings.
  public static ClientSettings of(URI... nodes) {
    return builder(List.of(nodes)).build();
  }

  private static void checkNode(URI node) {
    String scheme = node.getScheme() == null ? "" : node.getScheme().toLowerCase(Locale.ROOT);
    boolean usable =
        (scheme.equals("http") || scheme.equals("https"))
            && node.getHost() != null
            && node.getUserInfo() == null
            && node.getQuery() == null
            && node.getFragment() == null;
    if (!usable) {
      throw new IllegalArgumentException("not the address of a node: " + node);
    }
  }

  private static void checkPositive(String name, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(name + " is not positive: " + value);
    }
  }

  /// Collects [ClientSettings]; the defaults stand at its fields.
  public static final class Builder {
    private final List<URI> nodes;
    private Duration requestTimeout = Duration.ofMinutes(1);
    private Duration answerMargin = Duration.ofSeconds(5);
    private Duration callTimeout = Duration.ofSeconds(30);
    private Duration connectTimeout = Duration.ofSeconds(2);
    private Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));
    private int callsMax = 1024;
    private long answerBytesMax = 256L * 1024 * 1024;
    private boolean keys = true;
    private Duration closeTimeout = Duration.ofSeconds(5);

    private Builder(List<URI> nodes) {
      this.nodes = List.copyOf(nodes);
    }

    /// 1 minute, if not set.
    public Builder requestTimeout(Duration value) {
      requestTimeout = value;
      return this;
    }

    /// 5 seconds, if not set.
    public Builder answerMargin(Duration value) {
      answerMargin = value;
      return this;
    }

    /// 30 seconds, if not set.
    public Builder callTimeout(Duration value) {
      callTimeout = value;
      return this;
    }

    /// 2 seconds, if not set.
    public Builder connectTimeout(Duration value) {
      connectTimeout = value;
      return this;
    }

    /// From 20 ms to 1 s, if not set.
    public Builder backoff(Backoff value) {
      backoff = value;
      return this;
    }

    /// 1,024, if not set.
    public Builder callsMax(int value) {
      callsMax = value;
      return this;
    }

    /// 256 MiB, if not set.
    public Builder answerBytesMax(long value) {
      answerBytesMax = value;
      return this;
    }

    /// True, if not set.
    public Builder keys(boolean value) {
      keys = value;
      return this;
    }

    /// 5 seconds, if not set.
    public Builder closeTimeout(Duration value) {
      closeTimeout = value;
      return this;
    }

    /// @throws IllegalArgumentException if a value is out of its range
    public ClientSettings build() {
      return new ClientSettings(
          nodes,
          requestTimeout,
          answerMargin,
          callTimeout,
          connectTimeout,
          backoff,
          callsMax,
          answerBytesMax,
          keys,
          closeTimeout);
    }
  }
}
