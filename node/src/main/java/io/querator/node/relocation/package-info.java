/// Fills a partition on one storage from one that is being written on another.
@NullMarked
package io.querator.node.relocation;

import org.jspecify.annotations.NullMarked;
