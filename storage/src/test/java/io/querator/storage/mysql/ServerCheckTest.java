package io.querator.storage.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ServerCheckTest {
  private static Map<String, String> server(String... changes) {
    Map<String, String> variables = new HashMap<>();
    variables.put("version", "8.0.31");
    variables.put("innodb_flush_log_at_trx_commit", "1");
    variables.put("log_bin", "ON");
    variables.put("binlog_format", "ROW");
    variables.put("sync_binlog", "1");
    variables.put("max_allowed_packet", "67108864");
    for (int i = 0; i < changes.length; i += 2) {
      variables.put(changes[i], changes[i + 1]);
    }
    return variables;
  }

  private static void assertFine(String... changes) {
    assertThat(ServerCheck.problem(server(changes))).isEmpty();
  }

  private static void assertRefused(String because, String... changes) {
    assertThat(ServerCheck.problem(server(changes)))
        .hasValueSatisfying(problem -> assertThat(problem).contains(because));
  }

  @Test
  void takesSoundServers() {
    assertFine();
    assertFine("version", "8.4.3", "binlog_format", "MIXED");
    assertFine("version", "10.11.19-MariaDB-log");
    assertFine("version", "11.4.5-MariaDB", "wsrep_on", "OFF");
    assertFine("log_bin", "OFF", "sync_binlog", "0", "binlog_format", "STATEMENT");
    assertFine("group_replication_group_name", "g", "group_replication_single_primary_mode", "ON");
  }

  @Test
  void refusesUnsafeTopologiesByName() {
    assertRefused("Galera", "wsrep_on", "ON");
    assertRefused(
        "group_replication_switch_to_single_primary_mode",
        "group_replication_group_name",
        "g",
        "group_replication_single_primary_mode",
        "OFF");
    assertRefused("TiDB", "version", "8.0.11-TiDB-v7.5.0");
    assertRefused("Vitess", "version", "8.0.30-Vitess");
  }

  @Test
  void saysWhatToChange() {
    assertRefused("this is 5.7.44", "version", "5.7.44-log");
    assertRefused("this is 8.0.16", "version", "8.0.16");
    assertRefused("this is 10.6.9", "version", "10.6.9-MariaDB");
    assertRefused("set binlog_format = ROW", "binlog_format", "STATEMENT");
    assertRefused("set sync_binlog = 1", "sync_binlog", "0");
    assertRefused("set innodb_flush_log_at_trx_commit = 1", "innodb_flush_log_at_trx_commit", "2");
    assertRefused("set max_allowed_packet = 256M", "max_allowed_packet", "16777216");
  }

  @Test
  void looksWhetherTheSessionIsAsItMustBe() {
    Map<String, String> session = new HashMap<>();
    session.put("sql_mode", "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION");
    session.put("tx_isolation", "READ-COMMITTED");
    assertThat(ServerCheck.sessionProblem(session)).isEmpty();

    session.put("transaction_isolation", "REPEATABLE-READ");
    assertThat(ServerCheck.sessionProblem(session)).isPresent();

    session.put("transaction_isolation", "READ-COMMITTED");
    session.put("sql_mode", "");
    assertThat(ServerCheck.sessionProblem(session)).isPresent();
  }
}
