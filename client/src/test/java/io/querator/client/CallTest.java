package io.querator.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.querator.client.message.QueratorProto;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class CallTest {
  @Test
  void holdsEveryCall() {
    assertThat(Call.all())
        .extracting(Call::path)
        .containsExactly(
            "/v1/queue.produce",
            "/v1/queue.lease",
            "/v1/queue.complete",
            "/v1/queue.retry",
            "/v1/queue.clear",
            "/v1/queue.reload",
            "/v1/queue.stats",
            "/v1/queues.create",
            "/v1/queues.update",
            "/v1/queues.list",
            "/v1/queues.info",
            "/v1/queues.delete",
            "/v1/storage/items.list",
            "/v1/storage/scheduled.list",
            "/v1/storage/items.import",
            "/v1/storage/items.delete",
            "/v1/cluster.drain",
            "/v1/cluster.undrain",
            "/v1/partitions.move",
            "/v1/partitions.list",
            "/v1/storages.drain");
  }

  @Test
  void isFoundByItsExactPath() {
    assertThat(Call.at("/v1/queue.lease")).containsSame(Call.QUEUE_LEASE);
    assertThat(Call.at("/v1/queue.lease/")).isEmpty();
    assertThat(Call.at("/v1/Queue.lease")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/queue.produce,5000000,5.0MB",
    "/v1/storage/items.import,64000000,61.0MiB",
    "/v1/queues.update,512000,500.0KiB",
    "/v1/queue.lease,256000,250.0KiB",
    "/v1/queue.stats,256000,250.0KiB"
  })
  void boundsTheBody(String path, int bytes, String text) {
    assertThat(Call.at(path).orElseThrow().bodyLimit()).isEqualTo(new BodyLimit(bytes, text));
  }

  static Stream<FieldDescriptor> fields() {
    List<Descriptor> messages = QueratorProto.getDescriptor().getMessageTypes();
    return messages.stream().flatMap(message -> message.getFields().stream());
  }

  @ParameterizedTest
  @MethodSource("fields")
  void namesEachFieldInCamelCaseAndInJsonInSnakeCase(FieldDescriptor field) {
    String snakeCase = field.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);

    if (field.getName().equals("logicalQueues")) {
      assertThat(field.getJsonName()).isEqualTo("logicalQueues");
    } else {
      assertThat(field.getJsonName()).isEqualTo(snakeCase);
    }
    if (!field.getName().equals("source_id")) {
      assertThat(field.getName()).doesNotContain("_");
    }
  }
}
