/// The choice of a store: by how the URL of its database begins, and nowhere else.
///
/// [io.querator.storage.database.Database] is what others use; a further kind of database is one
/// more case in [io.querator.storage.database.DatabaseKind]. Nothing here owns a thread.
@NullMarked
package io.querator.storage.database;

import org.jspecify.annotations.NullMarked;
