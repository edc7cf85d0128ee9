@NullMarked
package io.querator.queue;

import org.jspecify.annotations.NullMarked;
