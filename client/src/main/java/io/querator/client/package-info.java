/// The Java client of the HTTP API, and what client and server share: messages, codes and limits.
@NullMarked
package io.querator.client;

import org.jspecify.annotations.NullMarked;
