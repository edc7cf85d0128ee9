package io.querator.node.http.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueRetryRequest;
import io.querator.client.message.QueueStatsResponse;
import io.querator.client.message.Reply;
import io.querator.client.message.StorageItemsDeleteRequest;
import io.querator.client.message.StorageItemsImportRequest;
import java.util.List;
import java.util.Random;

/// Makes messages of every kind, with values at the edges.
final class RandomMessages {
  static final List<Message> PROTOTYPES =
      List.of(
          Reply.getDefaultInstance(),
          QueueProduceRequest.getDefaultInstance(),
          QueueLeaseResponse.getDefaultInstance(),
          QueueRetryRequest.getDefaultInstance(),
          QueueInfo.getDefaultInstance(),
          QueueStatsResponse.getDefaultInstance(),
          StorageItemsImportRequest.getDefaultInstance(),
          StorageItemsDeleteRequest.getDefaultInstance());

  private static final int[] NUMBERS = {
    0, 1, -1, 100, Integer.MAX_VALUE, Integer.MIN_VALUE, 127, 128
  };
  private static final int[] NANOS = {
    0, 1, 999_999_999, 1000, 999_000, 1_000_000, 500_000_000, 123_456_789
  };

  private final Random random;

  RandomMessages(long seed) {
    random = new Random(seed);
  }

  static long seed() {
    Long given = Long.getLong("seed");
    return given != null ? given : new Random().nextLong();
  }

  Message next() {
    return fill(PROTOTYPES.get(random.nextInt(PROTOTYPES.size())));
  }

  private Message fill(Message prototype) {
    Message.Builder builder = prototype.newBuilderForType();
    for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
      if (random.nextInt(3) == 0) {
        continue;
      }
      if (field.isMapField()) {
        addEntries(builder, field);
      } else if (field.isRepeated()) {
        int count = random.nextInt(random.nextInt(10) == 0 ? 40 : 4);
        for (int i = 0; i < count; i++) {
          builder.addRepeatedField(field, value(builder, field));
        }
      } else {
        builder.setField(field, value(builder, field));
      }
    }
    return builder.build();
  }

  private void addEntries(Message.Builder builder, FieldDescriptor field) {
    Message.Builder entry = builder.newBuilderForField(field);
    for (int i = 0; i < random.nextInt(4); i++) {
      String key = i + text();
      String shortKey =
          key.substring(
              0, key.offsetByCodePoints(0, Math.min(9, key.codePointCount(0, key.length()))));
      entry.setField(entry.getDescriptorForType().findFieldByNumber(1), shortKey);
      entry.setField(entry.getDescriptorForType().findFieldByNumber(2), text());
      builder.addRepeatedField(field, entry.build());
    }
  }

  private Object value(Message.Builder parent, FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case INT -> random.nextBoolean() ? NUMBERS[random.nextInt(NUMBERS.length)] : random.nextInt();
      case BOOLEAN -> random.nextBoolean();
      case STRING -> text();
      case BYTE_STRING -> bytes();
      case MESSAGE ->
          field.getMessageType().equals(Timestamp.getDescriptor())
              ? timestamp()
              : fill(parent.newBuilderForField(field).getDefaultInstanceForType());
      case LONG, FLOAT, DOUBLE, ENUM -> throw new IllegalArgumentException(field.getFullName());
    };
  }

  private Timestamp timestamp() {
    long range = TimestampText.SECONDS_MAX - TimestampText.SECONDS_MIN + 1;
    long seconds =
        switch (random.nextInt(5)) {
          case 0 -> TimestampText.SECONDS_MIN;
          case 1 -> TimestampText.SECONDS_MAX;
          case 2 -> random.nextInt(3) - 1L;
          default -> TimestampText.SECONDS_MIN + random.nextLong(range);
        };
    return Timestamp.newBuilder()
        .setSeconds(seconds)
        .setNanos(NANOS[random.nextInt(NANOS.length)])
        .build();
  }

  private ByteString bytes() {
    byte[] bytes = new byte[random.nextInt(random.nextInt(20) == 0 ? 9000 : 20)];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private String text() {
    int length = random.nextInt(random.nextInt(20) == 0 ? 9000 : 20);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.appendCodePoint(codePoint());
    }
    return text.toString();
  }

  private int codePoint() {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextInt(0x20);
      case 1 ->
          "\"\\/\u007F\u0080\u07FF\u0800\uD7FF\uE000\uFFFF\u2028\u2029"
              .codePointAt(random.nextInt(12));
      case 2 ->
          Character.MIN_SUPPLEMENTARY_CODE_POINT
              + random.nextInt(
                  Character.MAX_CODE_POINT - Character.MIN_SUPPLEMENTARY_CODE_POINT + 1);
      case 3 -> 0x80 + random.nextInt(0x700);
      default -> 0x20 + random.nextInt(0x5F);
    };
  }
}
