package io.querator.node.http.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.UncheckedIOException;

/// Both encodings of one message type.
///
/// JSON is proto3 JSON as the API describes it: a field may have its JSON name or its proto name,
/// unknown and repeated fields are refused. Memory is in proportion to the body; the time too.
public final class MessageCodec<M extends Message> {
  /// How deep a body may nest.
  private static final int DEPTH_MAX = 32;

  private static final int NUMBER_LENGTH_MAX = 128;
  private static final int NAME_LENGTH_MAX = 512;

  /// Buffers are shared, not kept per thread: an idle connection has a thread of its own but needs
  /// none.
  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .recyclerPool(JsonRecyclerPools.sharedConcurrentDequePool())
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxNumberLength(NUMBER_LENGTH_MAX)
                  .maxNameLength(NAME_LENGTH_MAX)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private final MessageTable table;
  private final Parser<M> parser;

  private MessageCodec(M prototype) {
    table = MessageTable.of(prototype.getDescriptorForType());
    @SuppressWarnings("unchecked") // a message's parser makes messages of its type
    Parser<M> own = (Parser<M>) prototype.getParserForType();
    parser = own;
  }

  /// @param prototype the default instance
  /// @throws IllegalArgumentException if the type has a field that the API does not use
  public static <M extends Message> MessageCodec<M> of(M prototype) {
    return new MessageCodec<>(prototype);
  }

  /// @throws CodecException if the first `length` bytes of `body` are not such a message in JSON
  public Decoded<M> decodeJson(byte[] body, int length, ListGate gate) {
    // Jackson lets overlong forms and surrogates through
    if (!UnsafeByteOperations.unsafeWrap(body, 0, length).isValidUtf8()) {
      throw new CodecException("invalid UTF-8");
    }
    WireWriter wire = new WireWriter(length);
    try (JsonParser json = JSON.createParser(body, 0, length)) {
      int listed = new JsonToWire(json, wire, gate).document(table);
      return new Decoded<>(parse(wire.buffer(), wire.position()), listed);
    } catch (StreamConstraintsException e) {
      throw syntaxError(e, "too deep, or a name or number is too long");
    } catch (JsonProcessingException e) {
      throw syntaxError(e, e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  /// @throws CodecException if the first `length` bytes of `body` are not such a message in
  ///   protobuf's wire format
  public Decoded<M> decodeProtobuf(byte[] body, int length, ListGate gate) {
    WireFilter filter = new WireFilter(body, length, table);
    int listed = filter.check(gate);
    if (filter.clean()) {
      return new Decoded<>(parse(body, length), listed);
    }
    WireWriter rest = filter.copy();
    return new Decoded<>(parse(rest.buffer(), rest.position()), listed);
  }

  /// @param optionalFields whether to write the fields that not every client knows, those numbered
  ///   from 100 on
  public Encoded encodeJson(M message, boolean optionalFields) {
    byte[] wire = message.toByteArray();
    ByteSink sink = new ByteSink(64 + wire.length + wire.length / 2);
    try (JsonGenerator json = JSON.createGenerator(sink)) {
      new WireToJson(new WireReader(wire, wire.length), json, optionalFields)
          .message(table, wire.length);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return sink.encoded();
  }

  /// With all fields: protobuf's readers skip those they do not know.
  public Encoded encodeProtobuf(M message) {
    byte[] wire = message.toByteArray();
    return new Encoded(wire, wire.length);
  }

  private M parse(byte[] wire, int length) {
    CodedInputStream in = CodedInputStream.newInstance(wire, 0, length);
    in.setRecursionLimit(DEPTH_MAX);
    try {
      return parser.parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      throw new CodecException("cannot parse: " + e.getMessage());
    }
  }

  private static CodecException syntaxError(JsonProcessingException e, String detail) {
    JsonLocation place = e.getLocation();
    String where =
        place == null ? "" : " (line " + place.getLineNr() + ":" + place.getColumnNr() + ")";
    return new CodecException("syntax error" + where + ": " + detail);
  }
}
