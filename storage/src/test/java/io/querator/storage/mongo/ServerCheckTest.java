package io.querator.storage.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.ReadConcern;
import io.querator.storage.StorageException;
import java.util.List;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;

final class ServerCheckTest {
  private static final String PRIMARY =
      "{isWritablePrimary: true, setName: 'rs0', logicalSessionTimeoutMinutes: 30}";

  private final ServerCheck check = new ServerCheck("main");

  private static Server server(String hello, String version) {
    String array = version.replace('.', ',');
    return Server.of(
        BsonDocument.parse(hello),
        BsonDocument.parse("{version: '%s', versionArray: [%s]}".formatted(version, array)));
  }

  @Test
  void takesAReplicaSet() {
    Server server = server(PRIMARY, "7.0.14");

    check.check(server);

    assertThat(server.kind()).isEqualTo(Server.Kind.REPLICA_SET);
    assertThat(server.hasSessions()).isTrue();
    assertThat(server.readConcern()).isEqualTo(ReadConcern.MAJORITY);
  }

  @Test
  void takesARouter() {
    Server server =
        server(
            "{isWritablePrimary: true, msg: 'isdbgrid', logicalSessionTimeoutMinutes: 30}",
            "8.0.4");

    check.check(server);

    assertThat(server.kind()).isEqualTo(Server.Kind.SHARDED);
  }

  @Test
  void takesAStandAloneServerAsOneCopyOfTheData() {
    Server server = server("{isWritablePrimary: true, logicalSessionTimeoutMinutes: 30}", "5.0.0");

    check.check(server);

    assertThat(server.kind()).isEqualTo(Server.Kind.STANDALONE);
    assertThat(server.hasSessions()).isFalse();
    assertThat(server.readConcern()).isEqualTo(ReadConcern.LOCAL);
  }

  @Test
  void refusesAnOldServer() {
    assertThatThrownBy(() -> check.check(server(PRIMARY, "4.4.29")))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessage("storage main: MongoDB 5.0 or newer is needed, this is 4.4.29");
  }

  @Test
  void doesNotWorkWithoutAPrimary() {
    String secondary = "{isWritablePrimary: false, secondary: true, setName: 'rs0'}";

    assertThatThrownBy(() -> check.check(server(secondary, "7.0.0")))
        .isInstanceOf(StorageException.Unavailable.class)
        .hasMessageContaining("not the primary");
  }

  @Test
  void refusesCollectionsThatAreSpreadOverShards() {
    String onId = "{_id: 'querator.q_aaaaaaaaaaaaa', key: {_id: 1}, unique: false}";
    String onOther = "{_id: 'querator.queue', key: {namespace: 'hashed'}}";

    for (String sharded : List.of(onId, onOther)) {
      assertThatThrownBy(() -> check.checkSharding(List.of(BsonDocument.parse(sharded))))
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageStartingWith("storage main: the collection querator.q")
          .hasMessageContaining("sh.unshardCollection()");
    }
  }

  @Test
  void takesCollectionsThatLieOnOneShard() {
    String tracked = "{_id: 'querator.partition', key: {_id: 1}, unsplittable: true}";
    String former = "{_id: 'querator.storage', key: {_id: 1}, dropped: true}";

    assertThatCode(() ->
            check.checkSharding(List.of(BsonDocument.parse(tracked), BsonDocument.parse(former))))
        .doesNotThrowAnyException();
  }
}
