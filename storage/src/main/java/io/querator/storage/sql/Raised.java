package io.querator.storage.sql;

import io.querator.storage.Epoch;

/// An epoch that was raised.
public record Raised(Epoch now, Epoch previous) {}
