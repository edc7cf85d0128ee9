package io.querator.node.health;

/// An answer of the node about itself.
///
/// @param code 200 or 503
/// @param type the value of `Content-Type`
/// @param body JSON
public record HealthAnswer(int code, String type, byte[] body) {}
