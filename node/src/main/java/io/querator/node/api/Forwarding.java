package io.querator.node.api;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.WireFormat;
import io.querator.client.Call;
import io.querator.client.Outcome;
import io.querator.client.ReplyCode;
import io.querator.client.message.Reply;
import io.querator.cluster.NodeId;
import io.querator.cluster.link.PeerException;
import io.querator.node.http.CallContext;
import io.querator.node.http.ReplyException;
import io.querator.node.peer.PeerClient;
import io.querator.node.peer.PeerClient.PassedAnswer;
import io.querator.node.peer.PeerClient.PassedCall;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Passes calls on to the nodes that own what they are for, and gives back their answers. A call
/// that was passed on is never passed on again.
public final class Forwarding {
  /// Beyond the time that the call itself has.
  private static final Duration MARGIN = Duration.ofSeconds(2);

  private final @Nullable PeerClient client;
  private final ForwardObserver observer;

  /// Is told of every call that was passed on.
  @FunctionalInterface
  public interface ForwardObserver {
    ForwardObserver NONE = (call, nanos) -> {};

    /// @param nanos until its answer came, or it was known that none would
    void passed(Call<?, ?> call, long nanos);
  }

  private Forwarding(@Nullable PeerClient client, ForwardObserver observer) {
    this.client = client;
    this.observer = observer;
  }

  /// To the nodes that `client` reaches.
  public static Forwarding by(PeerClient client, ForwardObserver observer) {
    return new Forwarding(client, observer);
  }

  /// There are no other nodes.
  public static Forwarding none() {
    return new Forwarding(null, ForwardObserver.NONE);
  }

  /// A call to be passed on.
  ///
  /// @param index the number of the partition in its queue
  /// @param partition its key as text; empty: the call is for the node itself
  /// @param timeout that the call has
  record Passing<A extends Message>(
      Call<?, A> call, CallContext context, int index, String partition, Duration timeout) {}

  /// @throws ReplyException as the owner says
  /// @throws MovedException if the owner has certainly not executed it, and another one may
  <A extends Message> A pass(NodeId owner, Passing<A> passing) {
    try (PassedAnswer answer = send(owner, passing, PeerClient::pass)) {
      return parsed(passing.call().answer(), answer.body());
    }
  }

  @SuppressWarnings("unchecked") // a parser gives what its message is
  private static <M extends Message> M parsed(M type, InputStream body) {
    try {
      return (M) type.getParserForType().parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw unknown();
    }
  }

  /// [#pass] of a call that is answered by a list.
  ///
  /// @param element the default instance of its elements
  <E extends Message> void passList(
      NodeId owner, Passing<?> passing, E element, Consumer<E> elements) {
    try (PassedAnswer answer = send(owner, passing, PeerClient::passStreaming)) {
      CodedInputStream in = CodedInputStream.newInstance(answer.body());
      in.setSizeLimit(Integer.MAX_VALUE);
      while (!in.isAtEnd()) {
        if (WireFormat.getTagWireType(in.readTag()) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
          throw new IOException("not a list");
        }
        byte[] bytes = in.readByteArray();
        in.resetSizeCounter();
        elements.accept(element(element, bytes));
      }
    } catch (IOException e) {
      // cut off on its way: so is ours, if it has begun
      throw unknown();
    }
  }

  @SuppressWarnings("unchecked")
  private static <E extends Message> E element(E type, byte[] bytes)
      throws InvalidProtocolBufferException {
    return (E) type.getParserForType().parseFrom(bytes);
  }

  private interface Way {
    PassedAnswer pass(PeerClient client, NodeId to, PassedCall call, Duration timeout);
  }

  private PassedAnswer send(NodeId owner, Passing<?> passing, Way way) {
    PeerClient to = client;
    if (to == null) {
      throw new MovedException(passing.index());
    }
    CallContext context = passing.context();
    long start = System.nanoTime();
    PassedAnswer answer;
    try {
      answer =
          way.pass(
              to,
              owner,
              new PassedCall(
                  passing.call().path(),
                  context.body(),
                  passing.partition(),
                  context.headers().value("Idempotency-Key").orElse("")),
              passing.timeout().plus(MARGIN));
    } catch (PeerException e) {
      throw switch (e.kind()) {
        case REFUSED, NOT_EXECUTED -> new MovedException(passing.index());
        case UNKNOWN -> unknown();
      };
    } finally {
      observer.passed(passing.call(), System.nanoTime() - start);
    }
    if (answer.code() == ReplyCode.OK) {
      return answer;
    }
    try (answer) {
      throw refusal(Reply.parseFrom(answer.body()), answer.code(), passing.index());
    } catch (IOException e) {
      throw new UncheckedIOException("an answer that cannot be read", e);
    }
  }

  private static ReplyException refusal(Reply reply, ReplyCode code, int partition) {
    boolean moved =
        code == ReplyCode.RETRY_REQUEST && reply.getMessage().startsWith(MovedException.PREFIX);
    boolean notServing =
        reply.getMessage().equals(Refusals.SHUTDOWN)
            || reply.getMessage().equals(Refusals.STARTING);
    return moved || notServing
        ? new MovedException(partition)
        : new ReplyException(code, reply.getMessage(), reply.getDetailsMap());
  }

  private static ReplyException unknown() {
    return Refusals.storageAway(Outcome.UNKNOWN);
  }
}
