package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileReduce;
import org.jspecify.annotations.Nullable;

/**
 * GEMM + reduce-scatter and all-reduce by partial sums that travel around a ring: in step i rank r
 * computes its product for the shard of rank r−1−i, adds it to the sum that arrives from rank r−1,
 * and sends the result to rank r+1, while it computes the product of the next step. In the last
 * step the sum is that of the rank's own shard. An all-reduce then sends the finished shards around
 * the same ring. After TransformerEngine's ring exchange.
 *
 * <p>Bitwise repeatable: the products for the shard of rank p are added in the order of the ranks
 * p+1, p+2, …, p, whatever the timing.
 *
 * <p>Safe when ranks drift: only rank−1 stores into a rank's ring, and not before it has seen that
 * the previous launch was consumed, which means that all of its sums were added and sent on.
 */
public final class OutputRing extends OutputProgram {
  private final BackPressure backPressure;
  private final RowBlocks cut;
  private final ShardGemms gemms;

  /** By step from 1 on: the sum that arrives, and beside it the rank's own product. */
  private final SymmetricBuffer ring;

  private final SignalArray arrived;

  /** For an all-reduce only. */
  private final @Nullable GatheredSum sum;

  /** For a reduce-scatter with one; an all-reduce has it behind the gathered sum. */
  private final @Nullable Normalization norm;

  /** By rank, and by step and chunk; null where nothing is added. */
  private final TileReduce.PreparedReduce[][] reduces;

  /** By rank: what is sent on, by step but the last. */
  private final DeviceMemory[] outgoing;

  private final Event[] computed;
  private final Event[] reduced;

  /** Prepares the program. */
  public OutputRing(PlanContext context) {
    super(context);
    backPressure = new BackPressure(context);
    cut = ChunkedSender.cut(this);
    ring = context.symmetric("ring", 2 * slotBytes * Math.max(1, ranks - 1));
    arrived = context.signals("arrived", ranks * cut.count());
    OwnedBlocks blocks = new OwnedBlocks(shards, cut, longest, false);
    sum = kind == Kind.ALL_REDUCE ? new GatheredSum(this, blocks) : null;
    norm = sum == null ? Normalization.inPlace(this) : null;
    for (Rank rank : context.ranks()) {
      context.lane(rank.index());
    }
    gemms = new ShardGemms(this, cut);
    reduces = new TileReduce.PreparedReduce[ranks][];
    outgoing = new DeviceMemory[ranks];
    computed = new Event[ranks];
    reduced = new Event[ranks];
    for (Rank rank : context.ranks()) {
      int r = rank.index();
      reduces[r] = reduces(r);
      outgoing[r] = context.local(r, slotBytes * (ranks - 1));
      computed[r] = context.own(rank.device().newEvent(false));
      reduced[r] = context.own(rank.device().newEvent(false));
    }
  }

  private int owner(int rank, int step) {
    return (rank - 1 - step + 2 * ranks) % ranks;
  }

  private boolean isLast(int step) {
    return step == ranks - 1;
  }

  /** The first step has nothing to add to, unless it is also the last. */
  private boolean adds(int step) {
    return step > 0 || isLast(step);
  }

  private int word(int step, int chunk) {
    return step * cut.count() + chunk;
  }

  /** Where the sum that arrives for a step lies; the rank's own product is a slot further. */
  private long ringOffset(int step, int chunk) {
    return 2L * Math.max(0, step - 1) * slotBytes + cut.start(chunk) * rowBytes;
  }

  private long outgoingOffset(int step, int chunk) {
    return step * slotBytes + cut.start(chunk) * rowBytes;
  }

  private TileReduce.PreparedReduce[] reduces(int rank) {
    TileReduce.PreparedReduce[] table = new TileReduce.PreparedReduce[ranks * cut.count()];
    for (int step = 0; step < ranks; step++) {
      for (int chunk = 0; chunk < cut.count(); chunk++) {
        int rows = gemms.rows(rank, owner(rank, step), chunk);
        if (rows > 0 && adds(step)) {
          table[word(step, chunk)] = context.reduce(addition(rank, step, chunk, rows));
        }
      }
    }
    return table;
  }

  /** What arrived plus the own product, in this order. */
  private ReduceSpec addition(int rank, int step, int chunk, int rows) {
    int slots = ranks == 1 ? 1 : 2;
    long offset = ringOffset(step, chunk) + (2 - slots) * slotBytes;
    return new ReduceSpec(
        context.label() + "/add",
        rank,
        rows,
        problem.n(),
        slots,
        ring.at(rank).slice(offset, ring.bytes() - offset),
        slotBytes,
        stride,
        problem.outputType(),
        problem.outputType(),
        rows,
        null,
        new ReduceSpec.Local(),
        context.lane(rank).epoch());
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    lane.begin();
    int next = (rank + 1) % ranks;
    if (next != rank) {
      backPressure.awaitPeer(lane.send(), lane, next);
    }
    for (int step = 0; step < ranks; step++) {
      for (int chunk = 0; chunk < cut.count(); chunk++) {
        int owner = owner(rank, step);
        if (gemms.rows(rank, owner, chunk) > 0) {
          compute(lane, operands, step, owner, chunk);
          if (!isLast(step)) {
            pass(lane, step, chunk, gemms.rows(rank, owner, chunk), next);
          } else if (sum != null) {
            spread(lane, sum, owner, chunk, next);
          }
        }
      }
    }
    if (sum == null) {
      backPressure.releaseTo(lane.receive(), lane, (rank + ranks - 1) % ranks);
      if (norm != null) {
        lane.mainAfterReceive();
        norm.enqueue(lane, operands, operands.output().memory(), operands.output().rowStride());
      }
    } else {
      finish(lane, operands, sum, next);
    }
    lane.end();
  }

  /** The product of a step, and its sum with what has arrived. */
  private void compute(Lane lane, Operands operands, int step, int owner, int chunk) {
    int me = lane.rank();
    if (!adds(step)) {
      gemms.launch(lane, operands, owner, chunk, outgoing[me], outgoingOffset(step, chunk));
      lane.sendAfterMain(computed[me]);
      return;
    }
    long product = ringOffset(step, chunk) + slotBytes;
    gemms.launch(lane, operands, owner, chunk, ring.at(me), product);
    lane.receiveAfterMain(computed[me]);
    if (ranks > 1) {
      // By the stream, not by the reduction's gates: see BlockReduces.
      backend
          .signals()
          .await(lane.receive(), arrived, word(step, chunk), lane.epoch(), Target.THIS_LAUNCH);
    }
    TileReduce.PreparedReduce reduce = reduces[me][word(step, chunk)];
    if (!isLast(step)) {
      reduce.launch(lane.receive(), outgoing[me], outgoingOffset(step, chunk), stride);
    } else if (sum != null) {
      reduce.launch(lane.receive(), sum.buffer().at(me), sum.offset(me, chunk), stride);
    } else {
      Tensor output = operands.output();
      long pitch = (long) output.rowStride() * elementBytes;
      reduce.launch(lane.receive(), output.memory(), cut.start(chunk) * pitch, output.rowStride());
    }
    if (!isLast(step) || sum != null) {
      lane.sendAfterReceive(reduced[me]);
    }
  }

  /** Sends a sum on, for the next rank's next step. */
  private void pass(Lane lane, int step, int chunk, int rows, int next) {
    backend
        .transfers()
        .putSignal(
            lane.send(),
            outgoing[lane.rank()],
            outgoingOffset(step, chunk),
            ring.at(next),
            ringOffset(step + 1, chunk),
            rows * rowBytes,
            context.pushTransport(),
            arrived,
            word(step + 1, chunk),
            lane.epoch());
  }

  /** Starts a finished chunk of the own shard on its way to everyone. */
  private void spread(Lane lane, GatheredSum all, int owner, int chunk, int next) {
    backend.signals().set(lane.receive(), all.ready(), owner, all.word(owner, chunk), lane.epoch());
    if (next != owner) {
      sendOn(lane, all, owner, chunk, next);
    }
  }

  private void sendOn(Lane lane, GatheredSum all, int owner, int chunk, int next) {
    long offset = all.offset(owner, chunk);
    backend
        .transfers()
        .putSignal(
            lane.send(),
            all.buffer().at(lane.rank()),
            offset,
            all.buffer().at(next),
            offset,
            gemms.rows(lane.rank(), owner, chunk) * rowBytes,
            context.pushTransport(),
            all.ready(),
            all.word(owner, chunk),
            lane.epoch());
  }

  /** Sends on the finished shards of others as they arrive, and copies all of them out. */
  private void finish(Lane lane, Operands operands, GatheredSum all, int next) {
    int me = lane.rank();
    for (int step = 1; step < ranks - 1; step++) {
      int owner = (me - step + ranks) % ranks;
      for (int chunk = 0; chunk < cut.count(); chunk++) {
        if (gemms.rows(me, owner, chunk) > 0) {
          int word = all.word(owner, chunk);
          backend.signals().await(lane.send(), all.ready(), word, lane.epoch(), Target.THIS_LAUNCH);
          sendOn(lane, all, owner, chunk, next);
        }
      }
    }
    all.finishAroundRing(lane, operands);
    lane.mainAfterReceive();
    lane.mainAfterSend();
    backPressure.releaseTo(lane.main(), lane, (me + ranks - 1) % ranks);
  }

  @Override
  public String describe() {
    return ranks
        + " shards × "
        + cut.count()
        + " chunks, one "
        + context.plainEngine()
        + " GEMM each, sums sent around a ring "
        + context.pushedBy()
        + thenNorm();
  }
}
