package io.querator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FileDescriptorsTest {
  private static final int WANTED = 10_000;

  private static int all(long limit, long open) {
    return Stream.of(FileDescriptors.values())
        .mapToInt(kind -> kind.connectionsMax(WANTED, limit, open))
        .sum();
  }

  @Test
  void allowsWhatIsWantedWhereThereIsRoom() {
    for (FileDescriptors kind : FileDescriptors.values()) {
      assertThat(kind.connectionsMax(WANTED, 1_048_576, 100)).as(kind.name()).isEqualTo(WANTED);
      assertThat(kind.connectionsMax(WANTED, -1, -1)).as(kind.name()).isEqualTo(WANTED);
    }
  }

  @Test
  void leavesSomeToTheRestOfTheProcess() {
    assertThat(FileDescriptors.CLIENTS.connectionsMax(WANTED, 4096, 100)).isEqualTo(2_805);
    assertThat(FileDescriptors.FROM_NODES.connectionsMax(WANTED, 4096, 100)).isEqualTo(467);
    assertThat(FileDescriptors.TO_NODES.connectionsMax(WANTED, 4096, 100)).isEqualTo(467);
    assertThat(all(4096, 100)).isLessThanOrEqualTo(4096 - 100 - 256);
    assertThat(FileDescriptors.CLIENTS.connectionsMax(WANTED, 300, 100)).isEqualTo(1);
  }
}
