package io.querator.storage.mongo;

import com.mongodb.ReadConcern;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonValue;

/// What kind of server answers.
///
/// @param version for people
/// @param versionNumber major and minor, as `major * 100 + minor`
/// @param writable whether it is a primary, or leads to one
/// @param arbiters members of the replica set that keep no data
/// @param hasSessions whether operations may follow each other causally
record Server(
    Kind kind,
    String version,
    int versionNumber,
    boolean writable,
    int arbiters,
    boolean hasSessions) {
  enum Kind {
    STANDALONE,
    REPLICA_SET,
    SHARDED
  }

  /// @param hello answer of the command `hello` or `isMaster`
  /// @param buildInfo answer of the command of that name
  static Server of(BsonDocument hello, BsonDocument buildInfo) {
    List<BsonValue> version = buildInfo.getArray("versionArray").getValues();
    return new Server(
        kind(hello),
        buildInfo.getString("version").getValue(),
        number(version, 0) * 100 + number(version, 1),
        isTrue(hello, "isWritablePrimary") || isTrue(hello, "ismaster"),
        hello.containsKey("arbiters") ? hello.getArray("arbiters").size() : 0,
        kind(hello) != Kind.STANDALONE && hello.containsKey("logicalSessionTimeoutMinutes"));
  }

  private static Kind kind(BsonDocument hello) {
    if (hello.containsKey("setName")) {
      return Kind.REPLICA_SET;
    }
    boolean router =
        hello.containsKey("msg") && hello.getString("msg").getValue().equals("isdbgrid");
    return router ? Kind.SHARDED : Kind.STANDALONE;
  }

  private static int number(List<BsonValue> version, int index) {
    return version.size() > index ? version.get(index).asNumber().intValue() : 0;
  }

  private static boolean isTrue(BsonDocument hello, String field) {
    BsonValue value = hello.get(field, new BsonInt32(0));
    return value.isBoolean() && value.asBoolean().getValue();
  }

  /// What a reader may see: what a majority has agreed on, where there is one.
  ReadConcern readConcern() {
    return kind == Kind.STANDALONE ? ReadConcern.LOCAL : ReadConcern.MAJORITY;
  }
}
