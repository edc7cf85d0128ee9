/// Storage in MongoDB: one collection a partition, one ordered insert a turn, whose last document
/// is the turn's record.
///
/// Read [io.querator.storage.mongo.MongoPartitionStore] first, then
/// [io.querator.storage.mongo.Commit] and [io.querator.storage.mongo.TakeOver], which hold the
/// protocol (ADR 0030), and [io.querator.storage.mongo.Bounds], which says what of a collection is
/// real. All work is done by the calling threads, except that removals follow their commit on
/// virtual threads, and several partitions are opened on some; the driver has its own threads. This
/// is the only package that sees `com.mongodb` and `org.bson`.
@NullMarked
package io.querator.storage.mongo;

import org.jspecify.annotations.NullMarked;
