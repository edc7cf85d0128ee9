@NullMarked
package io.querator.node.http;

import org.jspecify.annotations.NullMarked;
