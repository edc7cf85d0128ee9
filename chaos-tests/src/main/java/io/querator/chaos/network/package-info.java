/// The network between clients, nodes and the database, whose links can be broken.
///
/// Start reading at [Link].
@NullMarked
package io.querator.chaos.network;

import org.jspecify.annotations.NullMarked;
