package io.querator.node.http;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/// What a handler may know of a request besides its message.
///
/// @param arrival when the head of the request had been read
/// @param acceptSent whether the request has an `Accept` header
/// @param optionalFields whether the answer may have fields numbered from 100 on
/// @param optedIn whether the request asks by `fields=all` for what goes beyond the published API.
///   Requests for protobuf do not, for clients of the published service send them
/// @param listed how many elements the lists of the request had. Of a produce, complete or retry
///   the message holds 1001 at most: those beyond were checked and counted only
/// @param headers of the request
/// @param caller who sent it
/// @param body as it came
/// @param disconnect tells when the client is gone; valid until the handler returns
public record CallContext(
    Instant arrival,
    boolean acceptSent,
    boolean optionalFields,
    boolean optedIn,
    int listed,
    RequestHeaders headers,
    Caller caller,
    RequestBody body,
    Disconnect disconnect) {
  public CallContext {
    requireNonNull(arrival, "arrival");
    requireNonNull(headers, "headers");
    requireNonNull(caller, "caller");
    requireNonNull(body, "body");
    requireNonNull(disconnect, "disconnect");
  }
}
