package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;

/**
 * The decomposed and fused strategies of the three operators, and the all-to-all that goes from
 * peer to peer: a sender that leaves shards at their owners, and a receiver that finishes them.
 *
 * <p>Safe when ranks drift: before a sender stores into an owner's slot it waits for that owner's
 * consumed word of the previous launch, which the owner raises after its receiver has read all
 * slots (and, for all-reduce, the gathered sum). The counters of launch n+1 can therefore not move
 * before launch n has been read. A striped all-reduce needs no such words: a rank ends a launch
 * when every owner's sum has come, which the owner took from its slots before, and an owner sends a
 * sum when every rank has sent to it, which each does after it has read the last launch's sums.
 */
public final class OutputStaged extends OutputProgram {
  private final BackPressure backPressure;
  private final Sender sender;
  private final Receiver receiver;

  /** How shards are sent. */
  private enum Sending {
    CHUNKS,
    OWNER_BY_OWNER,
    TILES
  }

  private OutputStaged(PlanContext context, Sending sending) {
    super(context);
    boolean fused = sending == Sending.TILES;
    backPressure = new BackPressure(context);
    for (Rank rank : context.ranks()) {
      context.lane(rank.index());
    }
    sender = sender(sending);
    receiver =
        switch (kind) {
          case REDUCE_SCATTER -> new ReduceReceiver(this, sender, backPressure);
          case ALL_REDUCE ->
              fused
                  ? new AllReduceReceiver(this, sender, backPressure)
                  : new AllReducePushReceiver(
                      this, sender, sender.isStriped() ? null : backPressure);
          case ALL_TO_ALL -> new CopyReceiver(this, sender, backPressure);
        };
  }

  private Sender sender(Sending sending) {
    if (sending == Sending.CHUNKS
        && kind == Kind.ALL_REDUCE
        && !Chunking.fillsDevice(context, longest)) {
      return new StripedSender(this);
    }
    if (sending != Sending.TILES) {
      return new ChunkedSender(this, backPressure, sending == Sending.OWNER_BY_OWNER);
    }
    if (kind == Kind.ALL_REDUCE && !Chunking.isWide(context)) {
      return new RoutedStripes(this, backPressure);
    }
    return splits == null
        ? new RoutedSender(this, backPressure)
        : new SplitRoutedSender(this, backPressure);
  }

  /**
   * One plain GEMM per chunk of rows; each chunk is sent by copy engine while the next is computed.
   */
  public static OutputStaged decomposed(PlanContext context) {
    return new OutputStaged(context, Sending.CHUNKS);
  }

  /** The same for one owner after the other, in the order in which receivers copy. */
  public static OutputStaged exchanged(PlanContext context) {
    return new OutputStaged(context, Sending.OWNER_BY_OWNER);
  }

  /** One GEMM whose tiles are stored straight into their owners' memory. */
  public static OutputStaged fused(PlanContext context) {
    return new OutputStaged(context, Sending.TILES);
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    lane.begin();
    // Producers first: what the receiver waits for must not queue behind it on a device with few
    // hardware queues.
    sender.enqueue(lane, operands);
    receiver.enqueue(lane, operands);
    lane.end();
  }

  @Override
  public String describe() {
    return sender.describe() + thenNorm();
  }
}
