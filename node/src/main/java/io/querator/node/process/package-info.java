/// Nodes as processes of their own, for commands that start some.
///
/// Start reading at [ChildNode]. Threads: one for each node reads what it prints.
@NullMarked
package io.querator.node.process;

import org.jspecify.annotations.NullMarked;
