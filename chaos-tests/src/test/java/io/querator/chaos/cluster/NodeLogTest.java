package io.querator.chaos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeLogTest {
  @TempDir private Path directory;

  @Test
  void keepsEachLineAtOnce() throws IOException {
    Path path = Files.writeString(directory.resolve("n1.log"), "of an earlier run");
    try (NodeLog log = new NodeLog(path, 100)) {
      log.add("one");
      log.add("two");

      assertThat(path).hasContent("one\ntwo");
    }
  }

  @Test
  void keepsNoMoreThanItMay() throws IOException {
    Path path = directory.resolve("n1.log");
    try (NodeLog log = new NodeLog(path, 10)) {
      log.add("1234");
      log.add("5678");
      log.add("9");
      log.add("0");

      assertThat(path).hasContent("1234\n5678\nwhat follows is not kept");
    }
  }
}
