package io.querator.node.service;

import io.querator.node.service.Openings.Wanted;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where there is no cluster: this process owns all partitions.
///
/// Its claims go before those of every process that opened the same database earlier.
final class LocalAssignment implements Assignment {
  private static final Logger log = LoggerFactory.getLogger(LocalAssignment.class);

  private final String owner;
  private final UUID incarnation;
  private final Openings openings;
  private final MissingPartitions missing;
  private final AtomicLong decisions = new AtomicLong();
  private final Map<String, Long> generations = new ConcurrentHashMap<>();

  LocalAssignment(String owner, UUID incarnation, Openings openings, MissingPartitions missing) {
    this.missing = missing;
    this.owner = owner;
    this.incarnation = incarnation;
    this.openings = openings;
  }

  @Override
  public void appeared(List<Wanted> partitions) {
    missing.appeared(partitions);
    openings.open(partitions);
  }

  @Override
  public void vanished(List<PartitionSlot> partitions) {
    partitions.forEach(slot -> missing.remove(slot.key()));
  }

  @Override
  public Object group(Wanted partition) {
    return owner;
  }

  @Override
  public Claim claim(Storage storage, Object group) {
    Long known = generations.get(storage.name());
    long generation = known == null ? storage.store().highestGeneration() + 1 : known;
    generations.put(storage.name(), generation);
    return new Claim(owner, incarnation, generation, decisions.incrementAndGet());
  }

  @Override
  public boolean isWanted(Wanted partition) {
    return true;
  }

  @Override
  public void abandoned(Wanted partition, Object group) {
    // everything is wanted
  }

  @Override
  public void opened(Wanted partition, Object group, Epoch epoch) {
    // nobody needs to be told
  }

  /// The next claim has to be newer still.
  @Override
  public void outdone(Wanted partition, Object group, Storage storage, String why) {
    generations.remove(storage.name());
    PartitionSlot slot = partition.slot();
    int losses = slot.lost();
    Duration delay = Backoff.TAKEN.after(losses);
    log.atWarn()
        .addKeyValue("queue", partition.queue().name())
        .addKeyValue("index", slot.index())
        .addKeyValue("partition", slot.key())
        .addKeyValue("again", delay)
        .log(why);
    slot.down(Reason.MOVED, losses);
    openings.again(storage, partition, group, delay);
  }
}
