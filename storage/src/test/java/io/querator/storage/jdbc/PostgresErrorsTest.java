package io.querator.storage.jdbc;

import static io.querator.storage.sql.SqlErrors.Meaning.DATA;
import static io.querator.storage.sql.SqlErrors.Meaning.NOT_EXECUTED;
import static io.querator.storage.sql.SqlErrors.Meaning.NO_TABLE;
import static io.querator.storage.sql.SqlErrors.Meaning.SETUP;
import static io.querator.storage.sql.SqlErrors.Meaning.TOO_LARGE;
import static io.querator.storage.sql.SqlErrors.Meaning.UNKNOWN;
import static io.querator.storage.sql.SqlErrors.Meaning.WRONG_SERVER;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.StorageException;
import io.querator.storage.sql.SqlErrors;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

final class PostgresErrorsTest {
  private static SQLException fromServer(String state, String severity) {
    return new PSQLException(
        new ServerErrorMessage("S" + severity + "\0V" + severity + "\0C" + state + "\0Mtest\0"));
  }

  private static SqlErrors.Meaning error(String state) {
    return PostgresDialect.ERRORS.meaning(fromServer(state, "ERROR"));
  }

  @Test
  void knowsWhatHadNoEffect() {
    assertThat(error("22021")).isEqualTo(DATA);
    assertThat(error("23505")).isEqualTo(DATA);
    assertThat(error("54000")).isEqualTo(TOO_LARGE);
    assertThat(error("42P01")).isEqualTo(NO_TABLE);
    assertThat(error("25006")).isEqualTo(WRONG_SERVER);
    for (String state : new String[] {"40001", "40P01", "55P03", "57014", "53100", "53200"}) {
      assertThat(error(state)).as(state).isEqualTo(NOT_EXECUTED);
    }
    for (String state : new String[] {"42501", "42703", "26000", "XX002"}) {
      assertThat(error(state)).as(state).isEqualTo(SETUP);
    }
  }

  @Test
  void doesNotKnowAfterTheEndOfASession() {
    for (String state : new String[] {"57P01", "57P02", "57P03", "08006", "58030", "40003"}) {
      assertThat(error(state)).as(state).isEqualTo(UNKNOWN);
      assertThat(PostgresDialect.ERRORS.meaning(fromServer(state, "FATAL")))
          .as(state)
          .isEqualTo(UNKNOWN);
    }
    assertThat(PostgresDialect.ERRORS.meaning(fromServer("XX000", "PANIC"))).isEqualTo(UNKNOWN);
    assertThat(PostgresDialect.ERRORS.meaning(new SQLException("no state"))).isEqualTo(UNKNOWN);
    assertThat(PostgresDialect.ERRORS.meaning(new SQLException("I/O", "08006"))).isEqualTo(UNKNOWN);
    assertThat(PostgresDialect.ERRORS.meaning(new SQLException("other", "XX000")))
        .isEqualTo(UNKNOWN);
  }

  @Test
  void namesTheSettingForAPooler() {
    StorageException exception =
        PostgresDialect.ERRORS.exception("cannot read items", fromServer("26000", "ERROR"));

    assertThat(exception)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("cannot read items")
        .hasMessageContaining("prepared-statements");
  }
}
