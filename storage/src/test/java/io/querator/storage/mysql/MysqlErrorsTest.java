package io.querator.storage.mysql;

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
import java.io.IOException;
import java.security.cert.CertificateException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

final class MysqlErrorsTest {
  private static SqlErrors.Meaning meaning(int code) {
    return MysqlDialect.ERRORS.meaning(new SQLException("test", "HY000", code));
  }

  @Test
  void knowsWhatHadNoEffect() {
    for (int code : new int[] {1205, 1213, 3101, 1114}) {
      assertThat(meaning(code)).as("%d", code).isEqualTo(NOT_EXECUTED);
    }
    for (int code : new int[] {1406, 1366, 1264, 1300, 3140, 1062}) {
      assertThat(meaning(code)).as("%d", code).isEqualTo(DATA);
    }
    assertThat(meaning(1153)).isEqualTo(TOO_LARGE);
    assertThat(meaning(1146)).isEqualTo(NO_TABLE);
    assertThat(meaning(1290)).isEqualTo(WRONG_SERVER);
    assertThat(meaning(1836)).isEqualTo(WRONG_SERVER);
    for (int code : new int[] {1045, 1142, 1064, 1665}) {
      assertThat(meaning(code)).as("%d", code).isEqualTo(SETUP);
    }
  }

  @Test
  void doesNotKnowWhatBecameOfTheRest() {
    for (int code : new int[] {0, 1053, 1317, 1927, 1969, 1180, 2013, 4031}) {
      assertThat(meaning(code)).as("%d", code).isEqualTo(UNKNOWN);
    }
  }

  @Test
  void onlyALockMakesATakeOverWait() {
    assertThat(MysqlDialect.ERRORS.isLockTimeout(new SQLException("", "HY000", 1205))).isTrue();
    assertThat(MysqlDialect.ERRORS.isLockTimeout(new SQLException("", "40001", 1213))).isFalse();
  }

  @Test
  void saysWhatAPersonMustDo() {
    SQLException certificate =
        new SQLException("no", "08000", new IOException(new CertificateException("unknown")));

    assertThat(MysqlDialect.ERRORS.isPermanent(certificate)).isTrue();
    assertThat(MysqlDialect.ERRORS.permanent("cannot", certificate)).contains("sslrootcert");
    assertThat(MysqlDialect.ERRORS.isPermanent(new SQLException("no", "28000", 1045))).isTrue();
    assertThat(MysqlDialect.ERRORS.isPermanent(new SQLException("no", "08000", 0))).isFalse();
  }

  @Test
  void makesAnExceptionOfTheMeaning() {
    assertThat(MysqlDialect.ERRORS.exception("cannot", new SQLException("no", "42S02", 1146)))
        .isInstanceOf(StorageException.Fenced.class);
    assertThat(MysqlDialect.ERRORS.exception("cannot", new SQLException("no", "42000", 1142)))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessage("cannot: no (error 1142, SQLSTATE 42000)");
    assertThat(MysqlDialect.ERRORS.exception("cannot", new SQLException("no", "08000", 0)))
        .isInstanceOf(StorageException.Unavailable.class);
  }
}
