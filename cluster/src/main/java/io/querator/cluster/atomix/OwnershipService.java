package io.querator.cluster.atomix;

import io.atomix.primitive.PrimitiveBuilder;
import io.atomix.primitive.PrimitiveManagementService;
import io.atomix.primitive.PrimitiveType;
import io.atomix.primitive.SyncPrimitive;
import io.atomix.primitive.config.PrimitiveConfig;
import io.atomix.primitive.operation.OperationId;
import io.atomix.primitive.service.AbstractPrimitiveService;
import io.atomix.primitive.service.BackupInput;
import io.atomix.primitive.service.BackupOutput;
import io.atomix.primitive.service.Commit;
import io.atomix.primitive.service.PrimitiveService;
import io.atomix.primitive.service.ServiceConfig;
import io.atomix.primitive.service.ServiceExecutor;
import io.querator.cluster.CommandCodec;
import io.querator.cluster.OwnershipCommand;
import io.querator.cluster.OwnershipTable;
import io.querator.cluster.OwnershipView;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one service of the group: bytes in, to the [OwnershipTable], whose state goes into
/// snapshots.
final class OwnershipService extends AbstractPrimitiveService<Object> {
  static final OperationId APPLY = OperationId.command("apply");

  /// In milliseconds since 1970.
  private static final long STARTED_AT = System.currentTimeMillis();

  /// Between two states of a log that is applied again.
  private static final long REPLAY_VIEW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final byte[] NOTHING = {};
  private static final Logger log = LoggerFactory.getLogger(OwnershipService.class);

  private final Consumer<OwnershipView> follower;
  private OwnershipTable table = new OwnershipTable();
  private long viewedAt = System.nanoTime() - REPLAY_VIEW_NANOS;

  private OwnershipService(PrimitiveType<?, ?, ?> type, Consumer<OwnershipView> follower) {
    super(type);
    this.follower = follower;
  }

  @Override
  protected void configure(ServiceExecutor executor) {
    executor.handle(APPLY, this::applied);
  }

  private byte[] applied(Commit<byte[]> commit) {
    OwnershipCommand command;
    try {
      command = CommandCodec.decode(commit.value());
    } catch (IllegalArgumentException e) {
      // every replica of this version ignores it
      log.atError()
          .addKeyValue("index", commit.index())
          .setCause(e)
          .log("a command is not understood and changes nothing");
      return NOTHING;
    }
    table.apply(commit.index(), command);
    if (isDue(commit)) {
      viewedAt = System.nanoTime();
      follower.accept(table.view());
    }
    return NOTHING;
  }

  /// Nobody needs to see each state that a long log goes through when a node starts. Should the
  /// clock of the node that wrote a command be behind ours, the next tick is seen instead.
  private boolean isDue(Commit<byte[]> commit) {
    return commit.wallClockTime().unixTimestamp() >= STARTED_AT
        || System.nanoTime() - viewedAt >= REPLAY_VIEW_NANOS;
  }

  @Override
  public void backup(BackupOutput output) {
    byte[] bytes = table.encode();
    output.writeInt(bytes.length).writeBytes(bytes);
  }

  @Override
  public void restore(BackupInput input) {
    byte[] bytes = input.readBytes(input.readInt());
    table = OwnershipTable.decode(bytes);
    follower.accept(table.view());
  }

  /// What Atomix knows the service by.
  record Type(Consumer<OwnershipView> follower)
      implements PrimitiveType<PrimitiveBuilder, PrimitiveConfig, SyncPrimitive> {
    static final String NAME = "ownership";

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public PrimitiveService newService(ServiceConfig config) {
      return new OwnershipService(this, follower);
    }

    @Override
    public PrimitiveConfig newConfig() {
      throw new UnsupportedOperationException("is not configured");
    }

    @Override
    public PrimitiveBuilder newBuilder(
        String primitiveName, PrimitiveConfig config, PrimitiveManagementService management) {
      throw new UnsupportedOperationException("is used by sessions only");
    }
  }
}
