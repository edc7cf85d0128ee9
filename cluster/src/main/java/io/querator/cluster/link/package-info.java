/// The port through which nodes talk to each other.
@NullMarked
package io.querator.cluster.link;

import org.jspecify.annotations.NullMarked;
