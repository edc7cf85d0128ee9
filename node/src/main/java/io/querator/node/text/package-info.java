/// Text for people at a terminal.
@NullMarked
package io.querator.node.text;

import org.jspecify.annotations.NullMarked;
