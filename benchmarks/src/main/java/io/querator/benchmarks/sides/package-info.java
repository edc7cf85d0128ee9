/// What is compared: each is given the same work, durable, by as many connections.
@NullMarked
package io.querator.benchmarks.sides;

import org.jspecify.annotations.NullMarked;
