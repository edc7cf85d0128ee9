/// The server process: HTTP, codecs, settings, metrics and main.
@NullMarked
package io.querator.node;

import org.jspecify.annotations.NullMarked;
