package io.querator.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.querator.client.ReplyCode;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {
  private final ByteBudget budget = new ByteBudget(100);

  @Test
  void refusesWhatIsNotLeftAndKeepsWhatWasTaken() {
    try (ByteBudget.Share first = budget.open();
        ByteBudget.Share second = budget.open()) {
      first.take(60);
      second.take(40);

      assertThatExceptionOfType(ReplyException.class)
          .isThrownBy(() -> second.take(1))
          .satisfies(e -> {
            assertThat(e.code()).isEqualTo(ReplyCode.RETRY_REQUEST);
            assertThat(e.details()).containsEntry("outcome", "not-executed");
          });
      assertThat(budget.used()).isEqualTo(100);
    }
    assertThat(budget.used()).isZero();
  }

  @Test
  void letsAnAnswerGoBeyondItAndRefusesOthersInstead() {
    try (ByteBudget.Share answer = budget.open();
        ByteBudget.Share other = budget.open()) {
      answer.force(500);

      assertThatExceptionOfType(ReplyException.class).isThrownBy(() -> other.take(1));
      assertThat(budget.used()).isEqualTo(500);
    }
    assertThat(budget.used()).isZero();
  }
}
