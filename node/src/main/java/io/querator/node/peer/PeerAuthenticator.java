package io.querator.node.peer;

import static java.util.Objects.requireNonNull;

import io.querator.client.ReplyCode;
import io.querator.cluster.NodeId;
import io.querator.node.http.Authenticator;
import io.querator.node.http.Caller;
import io.querator.node.http.Passed;
import io.querator.node.http.ReplyException;
import io.querator.node.http.RequestHeaders;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;

/// Lets other nodes in, and nobody else.
public final class PeerAuthenticator implements Authenticator {
  /// The detail of a refusal that tells this node's clock, in milliseconds since 1970.
  static final String CLOCK = "clock";

  /// How far a request's time may be from this node's.
  private static final Duration WINDOW = Duration.ofSeconds(30);

  private final NodeId own;
  private final byte[] secret;
  private final InstantSource clock;

  /// @param secret of the cluster
  public PeerAuthenticator(NodeId own, byte[] secret, InstantSource clock) {
    this.own = requireNonNull(own, "own");
    this.secret = secret.clone();
    this.clock = requireNonNull(clock, "clock");
  }

  @Override
  public Caller authenticate(RequestHeaders headers) {
    Signature signature = Signature.verified(headers, own.value(), secret);
    if (signature == null) {
      throw new ReplyException(ReplyCode.UNAUTHORIZED, "only other nodes are served here");
    }
    long now = clock.millis();
    if (Math.abs(now - signature.atMillis()) > WINDOW.toMillis()) {
      throw new ReplyException(
          ReplyCode.UNAUTHORIZED,
          "the request was signed at another time",
          Map.of(CLOCK, Long.toString(now)));
    }
    return new Caller(
        signature.from(),
        new Passed(
            signature.partition(),
            Duration.ofMillis(Math.clamp(signature.timeoutMillis(), 0, Integer.MAX_VALUE)),
            signature.digest()));
  }
}
