/// `querator bench`: loads a node over HTTP as clients do, and says what it got and what that cost.
///
/// Start reading at [Bench]. It knows the product by its API alone (messages of the client module,
/// over HTTP) and, for the figures of the database, by a JDBC connection. Threads: those of [Load],
/// one for each connection, and the one that runs the bench.
@NullMarked
package io.querator.node.bench;

import org.jspecify.annotations.NullMarked;
