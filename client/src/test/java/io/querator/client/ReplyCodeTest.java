package io.querator.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplyCodeTest {
  @ParameterizedTest
  @CsvSource({
    "400,Bad Request",
    "401,Unauthorized",
    "403,Forbidden",
    "453,Request Failed",
    "454,Retry Request",
    "455,Client Content Error",
    "500,Internal Service Error",
    "501,Not Implemented"
  })
  void hasTheTextOfItsCode(int code, String text) {
    ReplyCode replyCode = ReplyCode.of(code).orElseThrow();

    assertThat(replyCode.code()).isEqualTo(code);
    assertThat(replyCode.text()).isEqualTo(text);
  }

  @Test
  void isAbsentForAForeignCode() {
    assertThat(ReplyCode.of(502)).isEmpty();
  }

  @Test
  void findsAnOutcomeByItsText() {
    assertThat(Outcome.of("not-executed")).contains(Outcome.NOT_EXECUTED);
    assertThat(Outcome.of("unknown")).contains(Outcome.UNKNOWN);
    assertThat(Outcome.of("maybe")).isEmpty();
  }
}
