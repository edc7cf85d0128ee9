/// What every store must do, as test suites that other modules may run too.
@NullMarked
package io.querator.storage;

import org.jspecify.annotations.NullMarked;
