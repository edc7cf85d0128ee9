package io.querator.node.service;

/// A lease call that waits, as other nodes hear of it.
///
/// @param token tells it from other calls of the same client
/// @param begun microseconds since 1970
/// @param until when it ends at the latest, in microseconds since 1970
public record WaitingCall(String queue, String client, long token, long begun, long until) {}
