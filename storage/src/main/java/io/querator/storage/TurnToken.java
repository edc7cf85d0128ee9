package io.querator.storage;

/// Marks one attempt to write a turn; random, never reused.
public record TurnToken(long bits) {}
