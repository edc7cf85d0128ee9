package io.querator.benchmarks.micro;

import com.google.protobuf.ByteString;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.node.http.codec.Encoded;
import io.querator.node.http.codec.ListGate;
import io.querator.node.http.codec.MessageCodec;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Both encodings of a produce call with payloads of 100 bytes, for each call.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark {
  private static final MessageCodec<QueueProduceRequest> CODEC =
      MessageCodec.of(QueueProduceRequest.getDefaultInstance());
  private static final int PAYLOAD_BYTES = 100;

  /// Items in the call.
  @Param({"1", "10", "100"})
  public int batch;

  private QueueProduceRequest request = QueueProduceRequest.getDefaultInstance();
  private byte[] json = {};
  private byte[] protobuf = {};

  @Setup
  public void encode() {
    byte[] payload = new byte[PAYLOAD_BYTES];
    Arrays.fill(payload, (byte) 'x');
    QueueProduceRequest.Builder builder =
        QueueProduceRequest.newBuilder().setQueueName("bench").setRequestTimeout("1m");
    for (int i = 0; i < batch; i++) {
      builder.addItems(
          QueueProduceItem.newBuilder()
              .setEncoding("none")
              .setKind("kind")
              .setReference("reference")
              .setBytes(ByteString.copyFrom(payload)));
    }
    request = builder.build();
    json = bytes(CODEC.encodeJson(request, false));
    protobuf = bytes(CODEC.encodeProtobuf(request));
  }

  private static byte[] bytes(Encoded encoded) {
    return Arrays.copyOf(encoded.buffer(), encoded.length());
  }

  @Benchmark
  public Object decodeJson() {
    return CODEC.decodeJson(json, json.length, ListGate.upTo(1_000));
  }

  @Benchmark
  public Object decodeProtobuf() {
    return CODEC.decodeProtobuf(protobuf, protobuf.length, ListGate.upTo(1_000));
  }

  @Benchmark
  public Object encodeJson() {
    return CODEC.encodeJson(request, false);
  }

  @Benchmark
  public Object encodeProtobuf() {
    return CODEC.encodeProtobuf(request);
  }
}
