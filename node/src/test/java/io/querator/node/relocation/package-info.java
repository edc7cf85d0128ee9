@NullMarked
package io.querator.node.relocation;

import org.jspecify.annotations.NullMarked;
