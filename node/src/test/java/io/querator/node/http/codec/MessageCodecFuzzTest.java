package io.querator.node.http.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.Message;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Bodies that were damaged at random are read or refused, never anything else. Repeat a failure
/// with `-Dseed=`.
class MessageCodecFuzzTest {
  private static final int BODIES = 5_000;
  private static final ListGate ALL = ListGate.upTo(Integer.MAX_VALUE);
  private static final byte[] JSON_BYTES =
      "{}[]\",:\\0123456789eE+-.untrfalse \n\u0000/"
          .getBytes(java.nio.charset.StandardCharsets.UTF_8);

  private final long seed = RandomMessages.seed();
  private final Random random = new Random(seed);
  private final RandomMessages messages = new RandomMessages(seed);

  @Test
  void readsOrRefusesDamagedJson() {
    int refused = 0;
    for (int i = 0; i < BODIES; i++) {
      Message message = messages.next();
      MessageCodec<Message> codec = MessageCodec.of(message.getDefaultInstanceForType());
      Encoded json = codec.encodeJson(message, true);
      byte[] body = damage(Arrays.copyOf(json.buffer(), json.length()), JSON_BYTES);

      refused += read(i, () -> codec.decodeJson(body, body.length, ALL));
    }
    assertThat(refused).as("seed %d", seed).isBetween(1, BODIES - 1);
  }

  @Test
  void readsOrRefusesDamagedProtobuf() {
    int refused = 0;
    for (int i = 0; i < BODIES; i++) {
      Message message = messages.next();
      MessageCodec<Message> codec = MessageCodec.of(message.getDefaultInstanceForType());
      byte[] body =
          damage(message.toByteArray(), new byte[] {0, 8, 10, 18, 26, 11, 12, 127, -128, -1});

      refused +=
          read(
              i,
              () -> codec.decodeProtobuf(body, body.length, ListGate.upTo(1 + random.nextInt(3))));
    }
    assertThat(refused).as("seed %d", seed).isBetween(1, BODIES - 1);
  }

  private int read(int number, Runnable decoding) {
    try {
      decoding.run();
      return 0;
    } catch (CodecException e) {
      assertThat(e.getMessage()).startsWith("proto: ");
      return 1;
    } catch (RuntimeException e) {
      return fail("seed " + seed + ", body " + number, e);
    }
  }

  private byte[] damage(byte[] body, byte[] likely) {
    byte[] damaged = body;
    for (int i = random.nextInt(4); i >= 0 && damaged.length > 0; i--) {
      int at = random.nextInt(damaged.length);
      byte other =
          random.nextBoolean() ? likely[random.nextInt(likely.length)] : (byte) random.nextInt();
      switch (random.nextInt(4)) {
        case 0 -> damaged = Arrays.copyOf(damaged, at);
        case 1 -> {
          int from = random.nextInt(damaged.length);
          byte[] longer = Arrays.copyOf(damaged, damaged.length + 1);
          System.arraycopy(damaged, from, longer, from + 1, damaged.length - from);
          longer[from] = other;
          damaged = longer;
        }
        case 2 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
        default -> damaged[at] = other;
      }
    }
    return damaged;
  }
}
