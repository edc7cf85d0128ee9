/// The two encodings of the HTTP API: proto3 JSON and binary protobuf.
///
/// Read [io.querator.node.http.codec.MessageCodec] first. JSON is never turned into a tree: a
/// request is rewritten token by token into protobuf's wire format and then read by the generated
/// parser, an answer is serialized and rewritten the other way. Tables made once for each message
/// type say how, so nothing is looked up by reflection.
///
/// Everything here is immutable, or lives on the stack of one call. It uses Jackson's streaming API
/// and protobuf only.
@NullMarked
package io.querator.node.http.codec;

import org.jspecify.annotations.NullMarked;
