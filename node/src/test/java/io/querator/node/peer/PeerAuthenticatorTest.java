package io.querator.node.peer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.querator.client.ReplyCode;
import io.querator.cluster.NodeId;
import io.querator.node.http.Caller;
import io.querator.node.http.Passed;
import io.querator.node.http.ReplyException;
import io.querator.node.http.RequestHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Only what a node that knows the secret has signed, for this node, about this request, a moment
/// ago, is let in.
class PeerAuthenticatorTest {
  private static final byte[] SECRET = "the secret of all nodes".getBytes(UTF_8);
  private static final String PATH = "/v1/queue.produce";
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final byte[] BODY = "{}".getBytes(UTF_8);
  private static final String PROTOBUF = "application/protobuf";

  private final PeerAuthenticator authenticator =
      new PeerAuthenticator(new NodeId("b"), SECRET, () -> NOW);

  private static Signature signature(String to, Instant at) {
    return new Signature(
        PATH,
        "a",
        to,
        at.toEpochMilli(),
        "abc",
        2_000,
        Passed.digest(BODY, BODY.length),
        Signature.about(PROTOBUF, PROTOBUF, "key"));
  }

  private static String signed() {
    return signature("b", NOW).signed(SECRET);
  }

  private record Headers(String path, Map<String, String> values) implements RequestHeaders {
    Headers(String path, String signed) {
      this(
          path,
          new HashMap<>(
              Map.of(
                  Signature.HEADER,
                  signed,
                  "Content-Type",
                  PROTOBUF,
                  "Accept",
                  PROTOBUF,
                  "Idempotency-Key",
                  "key")));
    }

    Headers with(String name, String value) {
      values.put(name, value);
      return this;
    }

    @Override
    public Optional<String> value(String name) {
      return Optional.ofNullable(values.get(name));
    }
  }

  private ReplyException refusal(RequestHeaders headers) {
    ReplyException refusal =
        catchThrowableOfType(ReplyException.class, () -> authenticator.authenticate(headers));
    assertThat(refusal).isNotNull();
    assertThat(refusal.code()).isEqualTo(ReplyCode.UNAUTHORIZED);
    return refusal;
  }

  @Test
  void letsANodeInWhoSignedTheRequest() {
    Caller caller = authenticator.authenticate(new Headers(PATH, signed()));

    assertThat(caller.name()).isEqualTo("a");
    Passed passed = Objects.requireNonNull(caller.passed());
    assertThat(passed.partition()).isEqualTo("abc");
    assertThat(passed.timeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(passed.digest()).isEqualTo(Passed.digest(BODY, BODY.length));
  }

  @Test
  void refusesWhatNobodySigned() {
    assertThat(refusal(RequestHeaders.NONE).text()).isEqualTo("only other nodes are served here");
  }

  @Test
  void refusesAnotherSecret() {
    String other = signature("b", NOW).signed("another secret of 16".getBytes(UTF_8));

    assertThat(refusal(new Headers(PATH, other)).text()).contains("only other nodes");
  }

  @Test
  void refusesWhatWasSignedForAnotherNode() {
    refusal(new Headers(PATH, signature("c", NOW).signed(SECRET)));
  }

  @Test
  void refusesWhatWasSignedForAnotherPath() {
    refusal(new Headers("/v1/queue.clear", signed()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Type", "Accept", "Idempotency-Key"})
  void refusesAHeaderThatWasChanged(String name) {
    refusal(new Headers(PATH, signed()).with(name, "other"));
  }

  /// Each part of the header: the version, the sender, the time, the partition, the timeout, the
  /// digest of the body, the signature.
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void refusesAPartThatWasChanged(int part) {
    String[] parts = signed().split(" ", -1);
    // another character first: the last one of base64 may hold bits that mean nothing
    char first = parts[part].charAt(0);
    parts[part] = (first == '2' ? '3' : '2') + parts[part].substring(1);

    refusal(new Headers(PATH, String.join(" ", parts)));
  }

  @ParameterizedTest
  @ValueSource(longs = {-31, 31, -3_600, 3_600})
  void refusesWhatWasSignedAtAnotherTimeAndTellsItsOwn(long seconds) {
    String early = signature("b", NOW.plusSeconds(seconds)).signed(SECRET);

    ReplyException refusal = refusal(new Headers(PATH, early));

    assertThat(refusal.text()).isEqualTo("the request was signed at another time");
    assertThat(refusal.details())
        .containsEntry(PeerAuthenticator.CLOCK, Long.toString(NOW.toEpochMilli()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "1", "1 a", "1 a x abc 5 AAAA AAAA", "1 a 5 abc 5 ! !", "1  a 5 abc 5 A A"})
  void refusesWhatIsNoSignature(String header) {
    refusal(new Headers(PATH, header));
  }
}
