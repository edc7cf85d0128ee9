package io.querator.storage.mysql;

import io.querator.storage.sql.SqlErrors;
import java.io.FileNotFoundException;
import java.nio.file.NoSuchFileException;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// What an error of the driver or the server means. See the server error reference of MySQL, and
/// the list of error codes of MariaDB.
///
/// What is not listed is taken as not known, which is safe: it costs an epoch.
final class MysqlErrors implements SqlErrors {
  /// `ER_SUBQUERY_NO_1_ROW`: how a turn says that its epoch does not stand.
  static final int FENCED = 1242;

  static final int PACKET_TOO_LARGE = 1153;

  private static final int LOCK_WAIT_TIMEOUT = 1205;
  private static final int DEADLOCK = 1213;

  /// Of group replication, at COMMIT: rolled back for certain.
  private static final int ROLLED_BACK_BY_GROUP = 3101;

  /// No memory, no disk, a table that is full, a read that took too long.
  private static final Set<Integer> NO_RESOURCES = Set.of(1021, 1037, 1038, 1041, 1114, 1135, 3024);

  private static final Set<Integer> NOT_EXECUTED =
      Set.of(LOCK_WAIT_TIMEOUT, DEADLOCK, ROLLED_BACK_BY_GROUP);

  private static final Set<Integer> DATA =
      Set.of(1048, 1062, 1118, 1264, 1265, 1292, 1300, 1366, 1406, 1411, 1690, 3140, 3141, 4025);

  private static final Set<Integer> READ_ONLY = Set.of(1290, 1792, 1836);
  private static final Set<Integer> NO_TABLE = Set.of(1051, 1146);

  /// The account, its rights, the database or the host. 1251 is what MySQL says to an account that
  /// it does not know, now and then, so as not to tell that.
  private static final Set<Integer> REFUSED_LOGIN =
      Set.of(1044, 1045, 1049, 1130, 1251, 1396, 1524, 1698, 1862, 3118, 3159, 4151);

  private static final Set<Integer> SETUP =
      Set.of(1046, 1054, 1064, 1142, 1143, 1193, 1227, 1231, 1305, 1370, 1419, 1665);

  @Override
  public Meaning meaning(SQLException error) {
    int code = error.getErrorCode();
    if (NOT_EXECUTED.contains(code) || NO_RESOURCES.contains(code)) {
      return Meaning.NOT_EXECUTED;
    }
    if (DATA.contains(code)) {
      return Meaning.DATA;
    }
    if (READ_ONLY.contains(code)) {
      return Meaning.WRONG_SERVER;
    }
    if (NO_TABLE.contains(code)) {
      return Meaning.NO_TABLE;
    }
    if (SETUP.contains(code) || REFUSED_LOGIN.contains(code)) {
      return Meaning.SETUP;
    }
    return code == PACKET_TOO_LARGE ? Meaning.TOO_LARGE : Meaning.UNKNOWN;
  }

  @Override
  public boolean isLockTimeout(SQLException error) {
    return error.getErrorCode() == LOCK_WAIT_TIMEOUT;
  }

  @Override
  public boolean isRefusedLogin(SQLException error) {
    return REFUSED_LOGIN.contains(error.getErrorCode()) || SETUP.contains(error.getErrorCode());
  }

  /// Whether the database answered, with a refusal that a person must look at.
  boolean isPermanent(SQLException error) {
    return isRefusedLogin(error) || isCertificate(error);
  }

  /// Whether TLS failed for a certificate: it is missing, or nobody vouches for the server's.
  private static boolean isCertificate(SQLException error) {
    @Nullable Throwable cause = error;
    while (cause != null) {
      if (cause instanceof GeneralSecurityException
          || cause instanceof SSLException
          || cause instanceof FileNotFoundException
          || cause instanceof NoSuchFileException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  /// The message for a person who must act.
  String permanent(String what, SQLException error) {
    String hint =
        isCertificate(error)
            ? "; sslrootcert in the url names the certificate of the authority that signed the"
                + " server's, sslrootcert=system takes those that this machine trusts"
            : "";
    return text(what, error) + hint;
  }

  @Override
  public String text(String what, SQLException error) {
    return "%s: %s (error %d, SQLSTATE %s)"
        .formatted(what, error.getMessage(), error.getErrorCode(), error.getSQLState());
  }
}
