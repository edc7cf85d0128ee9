/// Micro-benchmarks by JMH, so that a regression shows where it is.
@NullMarked
package io.querator.benchmarks.micro;

import org.jspecify.annotations.NullMarked;
