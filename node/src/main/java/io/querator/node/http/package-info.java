/// The HTTP transport: everything that `api.md` says about connections, headers, encodings and
/// bodies, and nothing of what the calls mean.
///
/// Read [io.querator.node.http.HttpServer] first, then [io.querator.node.http.Dispatcher], which
/// holds the order of checks. What answers a call is a [io.querator.node.http.CallHandler], found
/// through the table of [io.querator.client.Call].
///
/// Each connection has a virtual thread of Helidon's that parses, calls the handler and writes. A
/// second one reads ahead while a handler waits ([io.querator.node.http.ReadAhead]), and one
/// platform thread closes what is too slow ([io.querator.node.http.ConnectionWatchdog]). This
/// package alone uses Helidon.
@NullMarked
package io.querator.node.http;

import org.jspecify.annotations.NullMarked;
