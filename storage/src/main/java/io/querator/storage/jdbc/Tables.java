package io.querator.storage.jdbc;

import io.querator.storage.PartitionKey;

/// Qualified names of tables, of one schema whose name has been checked.
///
/// @param schema of all tables
record Tables(String schema) {
  private static final String ITEMS_PREFIX = "q_";

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
    return itemsPrefix() + key;
  }

  /// What comes before a partition's name in the name of its table.
  String itemsPrefix() {
    return schema + "." + ITEMS_PREFIX;
  }

  /// The items of one partition, without the schema.
  static String itemsName(PartitionKey key) {
    return ITEMS_PREFIX + key;
  }
}
