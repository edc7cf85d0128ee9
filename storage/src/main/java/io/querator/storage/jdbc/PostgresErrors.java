package io.querator.storage.jdbc;

import io.querator.storage.sql.SqlErrors;
import java.io.FileNotFoundException;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// What an error of the driver or the server means. See the manual, appendix A, for the SQLSTATEs.
final class PostgresErrors implements SqlErrors {
  private static final String LOCK_NOT_AVAILABLE = "55P03";
  private static final String QUERY_CANCELED = "57014";
  private static final String NO_SUCH_PREPARED_STATEMENT = "26000";
  private static final String DUPLICATE_PREPARED_STATEMENT = "42P05";
  private static final String UNDEFINED_TABLE = "42P01";
  private static final String READ_ONLY = "25006";
  private static final String COMPLETION_UNKNOWN = "40003";

  @Override
  public Meaning meaning(SQLException error) {
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

  @Override
  public boolean isLockTimeout(SQLException error) {
    return state(error).equals(LOCK_NOT_AVAILABLE);
  }

  @Override
  public boolean isRefusedLogin(SQLException error) {
    String state = state(error);
    return state.startsWith("28") || state.startsWith("3D") || state.startsWith("42");
  }

  /// Whether the database answered, with a refusal that a person must look at.
  boolean isPermanent(SQLException error) {
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
  String permanent(String what, SQLException error) {
    String hint =
        isCertificate(error)
            ? "; sslrootcert in the url names the certificate of the authority that signed the"
                + " server's, sslrootcert=system takes those that this machine trusts"
            : "";
    return what + ": " + error.getMessage() + hint;
  }

  @Override
  public String text(String what, SQLException error) {
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
