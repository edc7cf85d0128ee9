/// Storage in MySQL 8.0 and newer, and in MariaDB 10.11 and newer: one table a partition, one
/// fenced text of several statements a turn.
///
/// Read [io.querator.storage.mysql.MysqlPartitionStore] first, then
/// [io.querator.storage.mysql.TurnText], which holds the statements that everything rests on, and
/// [io.querator.storage.mysql.MysqlFenceTable], which makes late ones harmless. All work is done by
/// the calling threads.
@NullMarked
package io.querator.storage.mysql;

import org.jspecify.annotations.NullMarked;
