package io.querator.storage.jdbc;

import io.querator.storage.StorageException;
import java.io.FileNotFoundException;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// What an error of the driver or the server means. See the manual, appendix A, for the SQLSTATEs.
final class PostgresErrors {
  /// What is known of the statement that failed.
  enum Meaning {
    /// The statement's data is at fault; it had no effect.
    DATA,
    /// The statement or its data is too large; it had no effect.
    TOO_LARGE,
    /// It had no effect, and may be sent again.
    NOT_EXECUTED,
    /// It had no effect, and this connection is of no use any more.
    WRONG_SERVER,
    /// The table does not exist; it had no effect.
    NO_TABLE,
    /// It had no effect, and never will have one as things are: a person must act.
    SETUP,
    /// It may have had, or may yet have, its effect.
    UNKNOWN
  }

  private static final String LOCK_NOT_AVAILABLE = "55P03";
  private static final String QUERY_CANCELED = "57014";
  private static final String NO_SUCH_PREPARED_STATEMENT = "26000";
  private static final String DUPLICATE_PREPARED_STATEMENT = "42P05";
  private static final String UNDEFINED_TABLE = "42P01";
  private static final String READ_ONLY = "25006";
  private static final String COMPLETION_UNKNOWN = "40003";

  private PostgresErrors() {}

  static Meaning meaning(SQLException error) {
    String state = state(error);
    return switch (state) {
      case QUERY_CANCELED, LOCK_NOT_AVAILABLE -> Meaning.NOT_EXECUTED;
      case UNDEFINED_TABLE -> Meaning.NO_TABLE;
      case READ_ONLY -> Meaning.WRONG_SERVER;
      case COMPLETION_UNKNOWN -> Meaning.UNKNOWN;
      default -> byClass(error, state);
    };
  }

  private static Meaning byClass(SQLException error, String state) {
    return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
      case "22", "23" -> Meaning.DATA;
      case "54" -> Meaning.TOO_LARGE;
      case "40", "53", "55" -> Meaning.NOT_EXECUTED;
      case "08", "57", "58" -> Meaning.UNKNOWN;
      case "25", "28", "26", "42", "0A", "3D", "3F", "XX" ->
          isFromServer(error) ? Meaning.SETUP : Meaning.UNKNOWN;
      default -> Meaning.UNKNOWN;
    };
  }

  /// Whether the server itself ended the statement, but not the session, by this error.
  private static boolean isFromServer(SQLException error) {
    return error instanceof PSQLException e
        && e.getServerErrorMessage() instanceof ServerErrorMessage message
        && "ERROR".equals(message.getSeverity());
  }

  /// Whether a take-over waited too long for a lock.
  static boolean isLockTimeout(SQLException error) {
    return state(error).equals(LOCK_NOT_AVAILABLE);
  }

  /// Whether the server is there but does not let us in, which will not change within moments.
  static boolean isRefusedLogin(SQLException error) {
    String state = state(error);
    return state.startsWith("28") || state.startsWith("3D") || state.startsWith("42");
  }

  /// Whether the database answered, with a refusal that a person must look at.
  static boolean isPermanent(SQLException error) {
    return isRefusedLogin(error) || isCertificate(error);
  }

  /// Whether TLS failed for a certificate: it is missing, or nobody vouches for the server's.
  private static boolean isCertificate(SQLException error) {
    @Nullable Throwable cause = error.getCause();
    while (cause != null
        && !(cause instanceof GeneralSecurityException || cause instanceof FileNotFoundException)) {
      cause = cause.getCause();
    }
    return cause != null;
  }

  /// The message for a person who must act.
  static String permanent(String what, SQLException error) {
    String hint =
        isCertificate(error)
            ? "; sslrootcert in the url names the certificate of the authority that signed the"
                + " server's, sslrootcert=system takes those that this machine trusts"
            : "";
    return what + ": " + error.getMessage() + hint;
  }

  /// The exception for a failure outside a turn.
  static StorageException exception(String what, SQLException error) {
    return switch (meaning(error)) {
      case DATA, TOO_LARGE, SETUP -> new StorageException.Corrupt(text(what, error), error);
      case NO_TABLE -> new StorageException.Fenced(text(what, error));
      case NOT_EXECUTED, WRONG_SERVER, UNKNOWN ->
          new StorageException.Unavailable(text(what, error), error);
    };
  }

  private static String text(String what, SQLException error) {
    String state = state(error);
    String hint =
        state.equals(NO_SUCH_PREPARED_STATEMENT) || state.equals(DUPLICATE_PREPARED_STATEMENT)
            ? "; behind a pooler in transaction mode, set prepared-statements to false"
            : "";
    return what + ": " + error.getMessage() + " (SQLSTATE " + state + ")" + hint;
  }

  private static String state(SQLException error) {
    @Nullable String state = error.getSQLState();
    return state == null ? "" : state;
  }
}
