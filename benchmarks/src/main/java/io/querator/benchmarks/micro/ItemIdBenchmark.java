package io.querator.benchmarks.micro;

import io.querator.queue.ItemId;
import io.querator.storage.PartitionKey;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The text of an id, both ways.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ItemIdBenchmark {
  private ItemId id = new ItemId(400_000_000, new PartitionKey(0x1234_5678_9abcL), 2);
  private final String text = id.toString();

  @Benchmark
  public String write() {
    id = new ItemId(id.second(), id.partition(), id.serial() + 2);
    return id.toString();
  }

  @Benchmark
  public ItemId parse() {
    return ItemId.parse(text);
  }
}
