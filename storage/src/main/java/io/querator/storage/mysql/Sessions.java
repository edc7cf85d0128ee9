package io.querator.storage.mysql;

import io.querator.storage.PartitionKey;
import io.querator.storage.sql.SqlPartitionStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/// The names of a store's sessions: each session that writes turns holds a lock of the server that
/// is called after its store and lane. So whoever waits for a fence row, which names the store that
/// holds the partition, can find that store's sessions and end them. No right is needed for that
/// among sessions of one account, unlike for all that InnoDB tells of its locks.
///
/// @param store random, of one store in one process
/// @param lanes how many it has
record Sessions(String store, int lanes) {
  /// How many sessions of one lane the server may have at once: those in use, and some that are
  /// gone without the server's knowing it yet.
  static final int SLOTS = 16;

  private static final String PREFIX = "querator/";

  static Sessions random(int lanes) {
    long bits = RandomGenerator.getDefault().nextLong();
    return new Sessions(HexFormat.of().toHexDigits(bits), lanes);
  }

  /// The one whose [#toString] is `text`.
  static Sessions parse(String text) {
    int slash = text.indexOf('/');
    return new Sessions(text.substring(0, slash), Integer.parseInt(text.substring(slash + 1)));
  }

  /// Which lane writes a partition.
  int lane(PartitionKey key) {
    return SqlPartitionStore.lane(key, lanes);
  }

  /// The name of the lock of a session.
  String lock(int lane, int slot) {
    return PREFIX + store + "/" + lane + "/" + slot;
  }

  /// Gives a session its name.
  ///
  /// @throws SQLException if all names of its lane are taken
  void claim(Connection connection, int lane) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT GET_LOCK(?, 0)")) {
      for (int slot = 0; slot < SLOTS; slot++) {
        statement.setString(1, lock(lane, slot));
        try (ResultSet row = statement.executeQuery()) {
          if (row.next() && row.getInt(1) == 1) {
            return;
          }
        }
      }
    }
    throw new SQLException(
        "the server still has " + SLOTS + " sessions of lane " + lane + " of this store", "08004");
  }

  @Override
  public String toString() {
    return store + "/" + lanes;
  }
}
