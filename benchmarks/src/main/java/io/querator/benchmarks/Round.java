package io.querator.benchmarks;

import io.querator.benchmarks.sides.Measured;

/// One side, measured once.
///
/// @param number of the round, from 1
/// @param stolen the share of the machine's processor time that its host gave to others, 0 to 1
record Round(int number, int batch, String side, Measured measured, double stolen) {}
