package io.querator.storage.sql;

import io.querator.storage.LowWater;
import java.time.Instant;

/// The highest low-water mark of a partition, and when it was read by the database's clock.
public record Mark(Instant databaseTime, LowWater lowWater) {}
