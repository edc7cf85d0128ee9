/// The Java client of the HTTP API, and what client and server share: messages, calls, codes and
/// limits.
///
/// Read [QueratorClient][io.querator.client.QueratorClient] first to use the API,
/// [Call][io.querator.client.Call] to serve it. The messages of [io.querator.client.message] are
/// generated from `querator.proto`. Any thread may use a client; the threads that it has itself end
/// when it is closed. May use the JDK and Protobuf, and no other module.
@NullMarked
package io.querator.client;

import org.jspecify.annotations.NullMarked;
