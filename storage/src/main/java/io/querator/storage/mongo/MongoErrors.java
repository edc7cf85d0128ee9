package io.querator.storage.mongo;

import com.mongodb.MongoBulkWriteException;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoConnectionPoolClearedException;
import com.mongodb.MongoException;
import com.mongodb.MongoInterruptedException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoServerException;
import com.mongodb.MongoSocketOpenException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.bulk.BulkWriteError;
import io.querator.storage.CommitResult.Reason;
import io.querator.storage.StorageException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.bson.BsonMaximumSizeExceededException;
import org.jspecify.annotations.Nullable;

/// What an error of the driver or the server means. See the manual, "Error Codes".
final class MongoErrors {
  private static final int DUPLICATE_KEY = 11_000;
  private static final int NAMESPACE_NOT_FOUND = 26;
  private static final int COMMAND_NOT_FOUND = 59;

  /// Not authorised, wrong password, and what Atlas says for both.
  private static final Set<Integer> NO_RIGHT = Set.of(13, 18, 8_000);

  private static final Set<Integer> TOO_LARGE = Set.of(10_334, 17_280, 17_419, 17_420);

  /// BadValue, FailedToParse, InvalidBSON, DocumentValidationFailure.
  private static final Set<Integer> DATA = Set.of(2, 9, 22, 121);

  private MongoErrors() {}

  /// Runs what has no answer of its own for a failure.
  ///
  /// @throws StorageException for every failure of the database
  static <T> T translated(String what, Supplier<T> work) {
    try {
      return work.get();
    } catch (MongoException e) {
      throw exception(what, e);
    } catch (IllegalStateException e) {
      if (isClosed(e)) {
        throw new StorageException.Unavailable("cannot " + what + ": the storage is closed", e);
      }
      throw e;
    }
  }

  /// Whether it is the driver's answer when its client has been closed.
  private static boolean isClosed(IllegalStateException error) {
    return String.valueOf(error.getMessage()).startsWith("state should be");
  }

  static StorageException exception(String what, MongoException error) {
    if (error instanceof MongoInterruptedException) {
      Thread.currentThread().interrupt();
    }
    String text = "cannot " + what + ": " + error.getMessage();
    return isForAPerson(error)
        ? new StorageException.Corrupt(text, error)
        : new StorageException.Unavailable(text, error);
  }

  /// Whether the server is there but does not let us in, which will not change within moments.
  static boolean isForAPerson(MongoException error) {
    return error instanceof MongoSecurityException
        || (error instanceof MongoServerException && NO_RIGHT.contains(error.getCode()));
  }

  static boolean isDuplicateKey(MongoException error) {
    return firstError(error)
        .map(first -> first.getCode() == DUPLICATE_KEY)
        .orElse(error.getCode() == DUPLICATE_KEY);
  }

  /// Whether nothing but the last of `count` documents was refused, because its `_id` is taken.
  static boolean isLastTaken(MongoException error, int count) {
    return firstError(error)
        .filter(first -> first.getCode() == DUPLICATE_KEY && first.getIndex() == count - 1)
        .isPresent();
  }

  /// Why the server, or the driver in its place, refuses a document as such; null if it is not
  /// that.
  static @Nullable Reason refusal(RuntimeException error) {
    if (error instanceof BsonMaximumSizeExceededException) {
      return Reason.TOO_LARGE;
    }
    return switch (error) {
      case MongoBulkWriteException bulk ->
          firstError(bulk).map(first -> refusal(first.getCode())).orElse(null);
      case MongoCommandException command -> refusal(command.getErrorCode());
      default -> null;
    };
  }

  private static @Nullable Reason refusal(int code) {
    if (TOO_LARGE.contains(code)) {
      return Reason.TOO_LARGE;
    }
    return DATA.contains(code) ? Reason.DATA : null;
  }

  /// An ordered insert ends at the first.
  private static Optional<BulkWriteError> firstError(MongoException error) {
    return error instanceof MongoBulkWriteException bulk
        ? bulk.getWriteErrors().stream().findFirst()
        : Optional.empty();
  }

  /// Whether a request that goes out in one message was certainly not sent.
  static boolean isNeverSent(MongoException error) {
    return error instanceof MongoTimeoutException
        || error instanceof MongoSocketOpenException
        || error instanceof MongoConnectionPoolClearedException;
  }

  static boolean isMissing(MongoException error) {
    return error.getCode() == NAMESPACE_NOT_FOUND;
  }

  static boolean isUnknownCommand(MongoException error) {
    return error.getCode() == COMMAND_NOT_FOUND;
  }
}
