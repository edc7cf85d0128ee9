package io.querator.storage.mysql;

import io.querator.storage.PartitionKey;

/// Qualified names of tables, of one database whose name has been checked.
///
/// @param database that holds all tables
record Tables(String database) {
  String fence() {
    return qualified("fence");
  }

  String lease() {
    return qualified("lease");
  }

  String key() {
    return qualified("key");
  }

  String due() {
    return qualified("due");
  }

  String lowWater() {
    return qualified("low_water");
  }

  String queue() {
    return qualified("queue");
  }

  String schemaVersion() {
    return qualified("schema_version");
  }

  /// The items of one partition.
  String items(PartitionKey key) {
    return qualified("q_" + key);
  }

  /// `key` is a reserved word, and a name of a database may have a `-` in it.
  private String qualified(String table) {
    return "`" + database + "`.`" + table + "`";
  }
}
