package io.querator.node.http.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Compares the codec with protobuf's own JSON, message by message. Repeat a failure with
/// `-Dseed=`.
class MessageCodecOracleTest {
  private static final int MESSAGES = 1000;
  private static final ListGate ALL = ListGate.upTo(Integer.MAX_VALUE);

  private final long seed = RandomMessages.seed();
  private final RandomMessages messages = new RandomMessages(seed);
  private final Map<Descriptor, MessageCodec<Message>> codecs = new HashMap<>();

  @Test
  void writesJsonThatTheReferenceReads() throws InvalidProtocolBufferException {
    for (int i = 0; i < MESSAGES; i++) {
      Message message = messages.next();

      Encoded json = codec(message).encodeJson(message, true);

      Message.Builder read = message.newBuilderForType();
      JsonFormat.parser().merge(text(json), read);
      assertThat(read.build()).as("seed %d, message %d", seed, i).isEqualTo(message);
    }
  }

  @Test
  void writesTheJsonOfTheReferenceButForSpaces() throws InvalidProtocolBufferException {
    JsonFormat.Printer reference = JsonFormat.printer().omittingInsignificantWhitespace();
    for (int i = 0; i < MESSAGES; i++) {
      Message message = messages.next();

      String json = text(codec(message).encodeJson(message, true));

      String expected = withFewerEscapes(reference.print(message));
      assertThat(withFewerEscapes(json)).as("seed %d, message %d", seed, i).isEqualTo(expected);
    }
  }

  @Test
  void readsTheJsonOfTheReferenceUnderBothNames() throws InvalidProtocolBufferException {
    for (int i = 0; i < MESSAGES; i++) {
      Message message = messages.next();
      String jsonNames = JsonFormat.printer().print(message);
      String protoNames = JsonFormat.printer().preservingProtoFieldNames().print(message);

      assertThat(decode(message, jsonNames)).as("seed %d, message %d", seed, i).isEqualTo(message);
      assertThat(decode(message, protoNames)).as("seed %d, message %d", seed, i).isEqualTo(message);
    }
  }

  @Test
  void readsItsOwnJsonAndProtobuf() {
    for (int i = 0; i < MESSAGES; i++) {
      Message message = messages.next();
      MessageCodec<Message> codec = codec(message);
      Encoded json = codec.encodeJson(message, true);
      Encoded protobuf = codec.encodeProtobuf(message);

      Message fromJson = codec.decodeJson(json.buffer(), json.length(), ALL).message();
      Message fromProtobuf =
          codec.decodeProtobuf(protobuf.buffer(), protobuf.length(), ALL).message();

      assertThat(fromJson).as("seed %d, message %d", seed, i).isEqualTo(message);
      assertThat(fromProtobuf).as("seed %d, message %d", seed, i).isEqualTo(message);
    }
  }

  private Message decode(Message prototype, String json) {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    return codec(prototype).decodeJson(body, body.length, ALL).message();
  }

  private MessageCodec<Message> codec(Message message) {
    return codecs.computeIfAbsent(
        message.getDescriptorForType(),
        type -> MessageCodec.of(message.getDefaultInstanceForType()));
  }

  private static String text(Encoded json) {
    return new String(json.buffer(), 0, json.length(), StandardCharsets.UTF_8);
  }

  /// The reference escapes for HTML what JSON need not escape, and writes hexadecimal digits in
  /// lower case.
  private static String withFewerEscapes(String json) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (c == '\\' && json.charAt(i + 1) == 'u') {
        char escaped = (char) Integer.parseInt(json.substring(i + 2, i + 6), 16);
        if (escaped < 0x20) {
          text.append(String.format("\\u%04x", (int) escaped));
        } else {
          text.append(escaped);
        }
        i += 5;
      } else if (c == '\\') {
        text.append(c).append(json.charAt(++i));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}
