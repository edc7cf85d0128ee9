/// Compares Querator with the other ways to have a queue, on one machine in one run.
@NullMarked
package io.querator.benchmarks;

import org.jspecify.annotations.NullMarked;
