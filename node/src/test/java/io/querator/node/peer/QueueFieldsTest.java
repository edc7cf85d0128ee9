package io.querator.node.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome.Reason;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class QueueFieldsTest {
  @ParameterizedTest
  @MethodSource("answersWithoutItems")
  void readsALeaseAnswerAsItWasWritten(LeaseAnswer answer) {
    byte[] written = QueueFields.bytes(out -> QueueFields.writeAnswer(out, answer));

    assertThat(QueueFields.read(written, QueueFields::readAnswer)).isEqualTo(answer);
  }

  static Stream<LeaseAnswer> answersWithoutItems() {
    return Stream.concat(
        Stream.of(new LeaseAnswer.Unknown()),
        Stream.of(Reason.values()).map(LeaseAnswer.Ended::new));
  }
}
