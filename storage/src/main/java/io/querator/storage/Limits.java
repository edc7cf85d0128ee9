package io.querator.storage;

/// What one batch and one item may hold.
public record Limits(int turnItems, long turnBytes, long itemBytes) {}
