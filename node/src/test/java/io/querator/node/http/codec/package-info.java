@NullMarked
package io.querator.node.http.codec;

import org.jspecify.annotations.NullMarked;
