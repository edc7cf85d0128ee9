package io.querator.node.http.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import com.google.protobuf.DoubleValue;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import io.querator.client.message.QueueClearRequest;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueStatsResponse;
import io.querator.client.message.Reply;
import io.querator.client.message.StorageItem;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageCodecTest {
  private static final ListGate ALL = ListGate.upTo(Integer.MAX_VALUE);

  private final MessageCodec<QueueProduceRequest> produce =
      MessageCodec.of(QueueProduceRequest.getDefaultInstance());
  private final MessageCodec<QueueLeaseRequest> lease =
      MessageCodec.of(QueueLeaseRequest.getDefaultInstance());
  private final MessageCodec<StorageItem> item = MessageCodec.of(StorageItem.getDefaultInstance());
  private final MessageCodec<QueueProduceItem> produceItem =
      MessageCodec.of(QueueProduceItem.getDefaultInstance());

  @Test
  void takesTheJsonNameAndTheProtoName() {
    assertThat(read(lease, "{\"queue_name\":\"q\",\"batch_size\":2}"))
        .isEqualTo(read(lease, "{\"queueName\":\"q\",\"batchSize\":2}"))
        .isEqualTo(QueueLeaseRequest.newBuilder().setQueueName("q").setBatchSize(2).build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"queue_name\":\"a\",\"queue_name\":\"a\"}",
        "{\"queue_name\":\"a\",\"queueName\":\"a\"}",
        "{\"queue_name\":null,\"queueName\":\"a\"}",
        "{\"queueName\":\"\",\"queue_name\":\"\"}"
      })
  void refusesADuplicateField(String json) {
    refused(lease, json).startsWith("proto: ").contains("duplicate field \"queue");
  }

  @Test
  void refusesAnUnknownFieldByItsName() {
    refused(lease, "{\"queue_name\":\"q\",\"colour\":1}")
        .isEqualTo("proto: (line 1:19): unknown field \"colour\"");
    refused(produce, "{\"items\":[{\"Kind\":\"x\"}]}").contains("unknown field \"Kind\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "1",
        "\"\"",
        "{",
        "{}}",
        "{} {}",
        "{}x",
        "{\"queue_name\":\"q\"",
        "{\"queue_name\":\"q\",}",
        "{'queue_name':'q'}",
        "{queue_name:\"q\"}",
        "{\"queue_name\":1}",
        "{\"queue_name\":true}",
        "{\"queue_name\":[]}",
        "{\"queue_name\":{}}",
        "{\"queue_name\" \"q\"}",
        "{\"batch_size\":01}",
        "{\"batch_size\":NaN}",
        "{\"batch_size\":+1}",
        "{\"batch_size\":true}",
        "{\"batch_size\":[1]}",
        "\uFEFF\uFEFF{}",
        "// comment\n{}"
      })
  void refusesWhatIsNoMessage(String json) {
    refused(lease, json).startsWith("proto: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"items\":{}}",
        "{\"items\":[null]}",
        "{\"items\":[1]}",
        "{\"items\":[[]]}",
        "{\"items\":\"\"}",
        "{\"items\":[{}",
        "{\"items\":[{]}",
        "{\"items\":[{},]}"
      })
  void refusesWhatIsNoList(String json) {
    refused(produce, json).startsWith("proto: ");
  }

  @Test
  void takesNullAsUnset() {
    assertThat(read(produce, "{\"queue_name\":null,\"items\":null,\"request_timeout\":null}"))
        .isEqualTo(QueueProduceRequest.getDefaultInstance());
    assertThat(
            read(
                item,
                "{\"is_leased\":null,\"attempts\":null,\"lease_deadline\":null,\"payload\":null}"))
        .isEqualTo(StorageItem.getDefaultInstance());
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "-0,0",
    "7,7",
    "-7,-7",
    "1e2,100",
    "1E+2,100",
    "1.0,1",
    "1.50e1,15",
    "100e-2,1",
    "0e99999,0",
    "0.000,0",
    "2147483647,2147483647",
    "-2147483648,-2147483648",
    "2147483647.000,2147483647",
    "0.2147483647e10,2147483647"
  })
  void takesWholeNumbersInAnyNotation(String text, int value) {
    assertThat(read(lease, "{\"batch_size\":" + text + "}").getBatchSize()).isEqualTo(value);
    assertThat(read(lease, "{\"batch_size\":\"" + text + "\"}").getBatchSize()).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2147483648",
        "-2147483649",
        "1.5",
        "1e-1",
        "1e10",
        "1e999999999999",
        "-1e999999999999",
        "123456789012345678901"
      })
  void refusesNumbersThatAreNotWholeOrTooLarge(String text) {
    refused(lease, "{\"batch_size\":" + text + "}").contains("batch_size");
    refused(lease, "{\"batch_size\":\"" + text + "\"}").contains("batch_size");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " 1", "1 ", "+1", "01", "1.", ".5", "1e", "1e+", "0x1", "1_0", "٣", "--1", "1.2.3", "-"
      })
  void refusesStringsThatAreNoNumbers(String text) {
    refused(lease, "{\"batch_size\":\"" + text + "\"}").contains("batch_size");
  }

  @Test
  void refusesANumberOfAThousandDigits() {
    refused(lease, "{\"batch_size\":1" + "0".repeat(1000) + "}").startsWith("proto: ");
    refused(lease, "{\"batch_size\":\"1" + "0".repeat(100_000) + "\"}").startsWith("proto: ");
  }

  @Test
  void takesBooleansOnlyAsSuch() {
    MessageCodec<QueueClearRequest> clear = MessageCodec.of(QueueClearRequest.getDefaultInstance());

    assertThat(read(clear, "{\"queue\":true,\"scheduled\":false}").getQueue()).isTrue();
    refused(clear, "{\"queue\":\"true\"}").contains("invalid value for bool field queue");
    refused(clear, "{\"queue\":1}").contains("invalid value for bool field queue");
  }

  @ParameterizedTest
  @CsvSource({
    "'',''",
    "AA==,00",
    "AA,00",
    "AAE=,0001",
    "AAE,0001",
    "AAEC,000102",
    "AP8=,00FF",
    "+/+/,FBFFBF",
    "-_-_,FBFFBF",
    "-_8,FBFF",
    "+/8=,FBFF",
    "+/8,FBFF"
  })
  void takesBase64OfEitherAlphabetPaddedOrNot(String text, String hex) {
    ByteString expected = ByteString.fromHex(hex);

    assertThat(read(item, "{\"payload\":\"" + text + "\"}").getPayload()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "A",
        "AAAAA",
        "A===",
        "AA=",
        "AAA==",
        "=",
        "==",
        "A A=",
        "AA\\n==",
        "!!!!",
        "AAé=",
        "-/-/",
        "+_A",
        "AA==AA=="
      })
  void refusesWhatIsNoBase64(String text) {
    refused(item, "{\"payload\":\"" + text + "\"}")
        .contains("invalid value for bytes field payload");
  }

  @ParameterizedTest
  @CsvSource({
    "1970-01-01T00:00:00Z,0,0",
    "0001-01-01T00:00:00Z,-62135596800,0",
    "9999-12-31T23:59:59.999999999Z,253402300799,999999999",
    "2000-02-29T12:00:00Z,951825600,0",
    "2024-12-31T23:59:59.5Z,1735689599,500000000",
    "2024-01-01T00:00:00.000000001Z,1704067200,1",
    "1969-12-31T23:59:59.1Z,-1,100000000",
    "2024-01-01T02:00:00+02:00,1704067200,0",
    "2023-12-31T18:15:00-05:45,1704067200,0",
    "2024-01-01T00:00:00-00:00,1704067200,0"
  })
  void takesTimesWithAnyOffset(String text, long seconds, int nanos) {
    Timestamp expected = Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos).build();

    assertThat(read(item, "{\"lease_deadline\":\"" + text + "\"}").getLeaseDeadline())
        .isEqualTo(expected);
    assertThat(read(item, "{\"lease_deadline\":\"" + text + "\"}").hasLeaseDeadline()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "now",
        "2024-01-01",
        "2024-01-01T00:00:00",
        "2024-01-01 00:00:00Z",
        "2024-1-1T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2024-04-31T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:60Z",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00.1234567890Z",
        "2024-01-01T00:00:00,5Z",
        "2024-01-01T00:00:00+0100",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00ZZ",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
        "-001-01-01T00:00:00Z"
      })
  void refusesWhatIsNoTime(String text) {
    refused(item, "{\"lease_deadline\":\"" + text + "\"}").contains("lease_deadline");
  }

  @Test
  void refusesDeepNesting() {
    String deep = "[".repeat(100_000);

    refused(produce, "{\"items\":" + deep).startsWith("proto: ");
    refused(produce, "{\"items\":[" + "{\"items\":[".repeat(1000)).startsWith("proto: ");
    refused(produce, deep).startsWith("proto: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\ud800", "\\udc00", "\\udc00\\ud800", "\\ud83d x", "a\\ud83d"})
  void refusesSurrogatesThatStandAlone(String escaped) {
    refused(lease, "{\"queue_name\":\"" + escaped + "\"}").contains("queue_name");
  }

  @Test
  void takesEscapedAndRawTextAlike() {
    assertThat(read(lease, "{\"queue_name\":\"\\ud83d\\ude00\\u0000\\n\\/\"}").getQueueName())
        .isEqualTo("😀\0\n/");
    assertThat(read(lease, "{\"queue_name\":\"😀é\"}").getQueueName()).isEqualTo("😀é");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80",
        "C080",
        "C1BF",
        "E08080",
        "EDA080",
        "EDA0BDEDB880",
        "F08080AF",
        "F4908080",
        "F5808080",
        "FF",
        "C3",
        "E282"
      })
  void refusesTextThatIsNotUtf8(String hex) {
    byte[] bad = ByteString.fromHex(hex).toByteArray();
    byte[] json = concat("{\"queue_name\":\"".getBytes(UTF_8), bad, "\"}".getBytes(UTF_8));
    byte[] protobuf = concat(new byte[] {0x0A, (byte) bad.length}, bad);

    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> lease.decodeJson(json, json.length, ALL))
        .withMessageContaining("proto: ");
    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> lease.decodeProtobuf(protobuf, protobuf.length, ALL))
        .withMessageContaining("UTF-8");
  }

  @Test
  void refusesOtherEncodingsOfUnicode() {
    byte[] utf16 = "{}".getBytes(java.nio.charset.StandardCharsets.UTF_16LE);

    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> lease.decodeJson(utf16, utf16.length, ALL));
  }

  @Test
  void looksAtTheGivenLengthOnly() {
    byte[] body = "{\"queue_name\":\"q\"}garbage".getBytes(UTF_8);

    assertThat(lease.decodeJson(body, body.length - 7, ALL).message().getQueueName())
        .isEqualTo("q");
  }

  @Test
  void countsAllElementsButKeepsOnlyThoseItMay() {
    String json =
        "{\"items\":[" + "{},".repeat(4999) + "{\"kind\":\"last\"}],\"queue_name\":\"q\"}";
    byte[] protobuf = concat(repeat(new byte[] {0x1A, 0}, 5000), new byte[] {0x0A, 1, 'q'});

    Decoded<QueueProduceRequest> fromJson =
        produce.decodeJson(json.getBytes(UTF_8), json.length(), ListGate.upTo(1000));
    Decoded<QueueProduceRequest> fromProtobuf =
        produce.decodeProtobuf(protobuf, protobuf.length, ListGate.upTo(1000));

    assertThat(fromJson.listed()).isEqualTo(5000);
    assertThat(fromJson.message().getItemsCount()).isEqualTo(1000);
    assertThat(fromJson.message().getQueueName()).isEqualTo("q");
    assertThat(fromProtobuf).isEqualTo(fromJson);
  }

  @Test
  void checksElementsThatItDoesNotKeep() {
    String json = "{\"items\":[{},{\"colour\":1}]}";
    byte[] protobuf = {0x1A, 0, 0x1A, 2, 0x0A, 5};

    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(
            () -> produce.decodeJson(json.getBytes(UTF_8), json.length(), ListGate.upTo(1)));
    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> produce.decodeProtobuf(protobuf, protobuf.length, ListGate.upTo(1)));
  }

  @Test
  void asksTheGateForOuterListsOnly() {
    MessageCodec<QueueStatsResponse> stats =
        MessageCodec.of(QueueStatsResponse.getDefaultInstance());
    AtomicInteger asked = new AtomicInteger();

    String json = "{\"logicalQueues\":[{\"partitions\":[{},{},{}]}]}";
    Decoded<QueueStatsResponse> decoded =
        stats.decodeJson(
            json.getBytes(UTF_8), json.length(), count -> asked.incrementAndGet() == count);

    assertThat(asked).hasValue(1);
    assertThat(decoded.message().getLogicalQueues(0).getPartitionsCount()).isEqualTo(3);
  }

  @Test
  void takesAnEmptyProtobufBodyAsAnEmptyMessage() {
    assertThat(lease.decodeProtobuf(new byte[0], 0, ALL).message())
        .isEqualTo(QueueLeaseRequest.getDefaultInstance());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0A", // no length
        "0A05", // too short
        "0AFFFFFFFF0F", // a negative length
        "00", // field number 0
        "0E", // wire type 6
        "0C", // an end without its group
        "FFFFFFFFFFFFFFFFFFFFFF01", // a varint of 11 bytes
        "10", // no varint
        "1A020A05", // an inner field longer than its message
        "1A040A0400000000",
        "FB07" // a group without end
      })
  void refusesMalformedProtobuf(String hex) {
    byte[] body = ByteString.fromHex(hex).toByteArray();

    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> produce.decodeProtobuf(body, body.length, ALL))
        .withMessageStartingWith("proto: ");
  }

  @Test
  void dropsUnknownProtobufFieldsAtEveryDepth() {
    byte[] unknown = ByteString.fromHex("F83F01" + "FA3F03616263" + "FB3F0801FC3F").toByteArray();
    byte[] inner = concat(new byte[] {0x12, 1, 'k'}, unknown);
    byte[] body =
        concat(
            unknown,
            new byte[] {0x0A, 1, 'q', 0x1A, (byte) inner.length},
            inner,
            unknown,
            new byte[] {0x08, 1});

    QueueProduceRequest read = produce.decodeProtobuf(body, body.length, ALL).message();

    assertThat(read)
        .isEqualTo(
            QueueProduceRequest.newBuilder()
                .setQueueName("q")
                .addItems(QueueProduceItem.newBuilder().setKind("k"))
                .build());
  }

  @Test
  void refusesDeepGroups() {
    byte[] body = repeat(new byte[] {(byte) 0xFB, 0x3F}, 100_000);

    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> produce.decodeProtobuf(body, body.length, ALL));
  }

  @Test
  void leavesOutZeroValuesButKeepsTheZeroTime() {
    QueueLeaseResponse answer =
        QueueLeaseResponse.newBuilder()
            .addItems(io.querator.client.message.QueueLeaseItem.getDefaultInstance())
            .build();
    StorageItem notLeased =
        StorageItem.newBuilder()
            .setLeaseDeadline(Timestamp.newBuilder().setSeconds(-62_135_596_800L))
            .build();

    assertThat(write(MessageCodec.of(QueueLeaseResponse.getDefaultInstance()), answer))
        .isEqualTo("{\"items\":[{}]}");
    assertThat(write(item, notLeased)).isEqualTo("{\"lease_deadline\":\"0001-01-01T00:00:00Z\"}");
    assertThat(write(item, StorageItem.getDefaultInstance())).isEqualTo("{}");
  }

  @Test
  void writesFieldsInTheOrderOfTheirNumbers() {
    Reply reply =
        Reply.newBuilder()
            .putDetails("outcome", "not-executed")
            .putDetails("ids", "a,b")
            .setMessage("say \"no\"\n")
            .setCodeText("Retry Request")
            .setCode(454)
            .build();

    assertThat(write(MessageCodec.of(Reply.getDefaultInstance()), reply))
        .isEqualTo(
            "{\"code\":454,\"code_text\":\"Retry Request\",\"message\":\"say \\\"no\\\"\\n\","
                + "\"details\":{\"outcome\":\"not-executed\",\"ids\":\"a,b\"}}");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0,1970-01-01T00:00:00Z",
    "0,1000000,1970-01-01T00:00:00.001Z",
    "0,1000,1970-01-01T00:00:00.000001Z",
    "0,1,1970-01-01T00:00:00.000000001Z",
    "-1,120000000,1969-12-31T23:59:59.120Z",
    "951825600,0,2000-02-29T12:00:00Z",
    "253402300799,999999999,9999-12-31T23:59:59.999999999Z"
  })
  void writesTimesInUtc(long seconds, int nanos, String text) {
    QueueProduceItem message =
        QueueProduceItem.newBuilder()
            .setEnqueueAt(Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos))
            .build();

    assertThat(write(produceItem, message)).isEqualTo("{\"enqueue_at\":\"" + text + "\"}");
  }

  @Test
  void writesOptionalFieldsOnlyToThoseWhoAskForThem() {
    QueueProduceRequest message =
        QueueProduceRequest.newBuilder().setQueueName("q").setIdempotencyKey("k").build();

    Encoded with = produce.encodeJson(message, true);

    assertThat(write(produce, message)).isEqualTo("{\"queue_name\":\"q\"}");
    assertThat(text(with)).isEqualTo("{\"queue_name\":\"q\",\"idempotency_key\":\"k\"}");
    assertThat(produce.encodeProtobuf(message).buffer()).isEqualTo(message.toByteArray());
  }

  @Test
  void refusesMessageTypesItCannotHandle() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MessageCodec.of(DoubleValue.getDefaultInstance()))
        .withMessageContaining("google.protobuf.DoubleValue.value");
  }

  private static <M extends Message> M read(MessageCodec<M> codec, String json) {
    byte[] body = json.getBytes(UTF_8);
    return codec.decodeJson(body, body.length, ALL).message();
  }

  private static <M extends Message> org.assertj.core.api.AbstractStringAssert<?> refused(
      MessageCodec<M> codec, String json) {
    try {
      read(codec, json);
    } catch (CodecException e) {
      return assertThat(e.getMessage());
    }
    throw new AssertionError("not refused: " + json.substring(0, Math.min(200, json.length())));
  }

  private static <M extends Message> String write(MessageCodec<M> codec, M message) {
    return text(codec.encodeJson(message, false));
  }

  private static String text(Encoded json) {
    return new String(json.buffer(), 0, json.length(), UTF_8);
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] repeat(byte[] part, int times) {
    byte[][] parts = new byte[times][];
    java.util.Arrays.fill(parts, part);
    return concat(parts);
  }
}
