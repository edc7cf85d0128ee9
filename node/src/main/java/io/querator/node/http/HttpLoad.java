package io.querator.node.http;

/// How busy a server is, for metrics.
///
/// @param connections that are open
/// @param calls under way, those that wait included
/// @param bodyBytes of bodies in memory
public record HttpLoad(int connections, int calls, long bodyBytes) {}
