@NullMarked
package io.querator.cluster;

import org.jspecify.annotations.NullMarked;
