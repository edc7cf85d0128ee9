@NullMarked
package io.querator.node.api;

import org.jspecify.annotations.NullMarked;
