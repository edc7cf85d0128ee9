/// How numbers that come in runs are packed into bytes, the same in every database.
///
/// Nothing here owns a thread or keeps state. May use the root package of the module only.
@NullMarked
package io.querator.storage.encoding;

import org.jspecify.annotations.NullMarked;
