package io.querator.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FileDescriptorsTest {
  @Test
  void allowsWhatIsWantedWhereThereIsRoom() {
    assertThat(FileDescriptors.connectionsMax(10_000, 1_048_576, 100)).isEqualTo(10_000);
    assertThat(FileDescriptors.connectionsMax(10_000, -1, -1)).isEqualTo(10_000);
  }

  @Test
  void leavesSomeToTheRestOfTheProcess() {
    assertThat(FileDescriptors.connectionsMax(10_000, 4096, 100)).isEqualTo(3740);
    assertThat(FileDescriptors.connectionsMax(10_000, 300, 100)).isEqualTo(1);
  }
}
