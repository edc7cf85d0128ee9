package io.querator.storage.jdbc;

import io.querator.storage.PartitionKey;

/// Qualified names of tables, of one schema whose name has been checked.
///
/// @param schema of all tables
record Tables(String schema) {
  String fence() {
    return schema + ".fence";
  }

  String lease() {
    return schema + ".lease";
  }

  String key() {
    return schema + ".key";
  }

  String lowWater() {
    return schema + ".low_water";
  }

  String queue() {
    return schema + ".queue";
  }

  /// The items of one partition.
  String items(PartitionKey key) {
    return schema + "." + itemsName(key);
  }

  /// The same without its schema.
  static String itemsName(PartitionKey key) {
    return "q_" + key;
  }
}
