package io.querator.storage.mongo;

import com.mongodb.ClientSessionOptions;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/// Makes every operation of a store see what earlier ones did, whichever member has become the
/// primary meanwhile: by causally consistent sessions that begin at the latest time seen. A
/// stand-alone server has one copy of the data and needs none. Safe for use by many threads.
final class CausalClock {
  private static final ClientSessionOptions CAUSAL =
      ClientSessionOptions.builder().causallyConsistent(true).build();

  private final boolean sessions;
  private final AtomicReference<@Nullable BsonTimestamp> latest = new AtomicReference<>();

  /// @param sessions whether the server has them
  CausalClock(boolean sessions) {
    this.sessions = sessions;
  }

  /// Runs one operation. The session is null where there are none.
  <T> T run(MongoClient client, Function<@Nullable ClientSession, T> operation) {
    if (!sessions) {
      return operation.apply(null);
    }
    try (ClientSession session = client.startSession(CAUSAL)) {
      BsonTimestamp after = latest.get();
      if (after != null) {
        session.advanceOperationTime(after);
      }
      T result = operation.apply(session);
      seen(session.getOperationTime());
      return result;
    }
  }

  /// Only of operations that succeeded: a failed write may never be agreed on by the majority, and
  /// every read would wait for it.
  private void seen(@Nullable BsonTimestamp time) {
    if (time != null) {
      latest.accumulateAndGet(
          time, (old, now) -> old == null || (now != null && now.compareTo(old) > 0) ? now : old);
    }
  }
}
