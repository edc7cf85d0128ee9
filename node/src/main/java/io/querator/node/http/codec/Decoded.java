package io.querator.node.http.codec;

import com.google.protobuf.Message;

/// A request as it was decoded.
///
/// @param listed how many elements its lists had in the body; `message` holds fewer if a [ListGate]
///   kept fewer
public record Decoded<M extends Message>(M message, int listed) {}
