package io.querator.node.http.codec;

/// An encoded message: the first `length` bytes of `buffer`. The receiver owns the array.
public record Encoded(byte[] buffer, int length) {}
