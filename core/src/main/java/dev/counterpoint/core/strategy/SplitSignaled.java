package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.Splits;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import java.util.Objects;

/**
 * {@link OutputSignaled} for an all-to-all whose shards differ: a GEMM for each owner that counts
 * its tiles, the next rank's first; in step i the send stream waits for the counter of the GEMM for
 * rank r + i, and the library exchanges what every rank has for the one i places after it, while
 * the GEMMs go on. The own rows are computed last, into the output itself. Needs no peer access,
 * and no reordering: rows come in the order in which they are wanted.
 *
 * <p>Safe when ranks drift for the same reason: the library keeps the exchanges in step, and writes
 * into a rank's memory only when that rank's own stream has come to the call.
 */
public final class SplitSignaled extends OutputProgram {
  private final Splits rows;

  /** By step: elements of every rank for the one so many places after it. */
  private final Splits[] steps;

  private final SignalArray computed;

  /** By rank and step; null where there are no rows. */
  private final PreparedGemm[][] gemms;

  /** By rank and step: what the counter has to reach. */
  private final Target[][] targets;

  private final DeviceMemory[] products;
  private final DeviceMemory[] received;

  private SplitSignaled(PlanContext context) {
    super(context);
    rows = Objects.requireNonNull(splits);
    steps = new Splits[ranks];
    for (int step = 0; step < ranks; step++) {
      steps[step] = rows.times(stride).shifted(step);
    }
    computed = context.signals("computed", ranks);
    gemms = new PreparedGemm[ranks][ranks];
    targets = new Target[ranks][ranks];
    products = new DeviceMemory[ranks];
    received = new DeviceMemory[ranks];
    for (Rank rank : context.ranks()) {
      int r = rank.index();
      products[r] = context.local(r, rows.sent(r) * rowBytes);
      received[r] = context.local(r, rows.received(r) * rowBytes);
      for (int step = 0; step < ranks; step++) {
        prepare(r, step);
      }
    }
  }

  /** This program for an all-to-all with splits, the even one for everything else. */
  public static Program orEven(PlanContext context) {
    return context.hasSplits() ? new SplitSignaled(context) : RowsSignaled.orPacked(context);
  }

  private void prepare(int rank, int step) {
    int count = rows(rank, (rank + step) % ranks);
    Tiling tiling = context.tiling(rank, RowPartition.whole(count), problem.n(), problem.k());
    targets[rank][step] = new Target(tiling.tiles(), 0);
    if (count == 0) {
      return;
    }
    int[] words = new int[tiling.tiles()];
    Arrays.fill(words, step);
    gemms[rank][step] =
        context.gemm(
            context
                .plainGemm("", rank, tiling, problem.k(), context.epilogue(0, count))
                .withHooks(
                    TileOrder.NATURAL,
                    TileGate.NONE,
                    TileRoute.LOCAL,
                    new TilePost.Counters(computed, words, TilePost.At.SELF),
                    context.lane(rank).epoch())
                .withReservedUnits(Chunking.reservedUnits(context)));
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    Tensor output = operands.output();
    boolean direct = isPacked(output);
    DeviceMemory target = direct ? output.memory() : received[rank];
    lane.begin();
    for (int step = 1; step <= ranks; step++) {
      compute(lane, operands, step % ranks);
    }
    for (int step = 1; step < ranks; step++) {
      exchange(lane, step, target);
    }
    lane.end();
    if (!direct) {
      lane.main().label(context.label());
      int own = firstReceived(rank, rank);
      int behind = own + rows(rank, rank);
      copyOut(lane.main(), target, 0, output, 0, own);
      int rest = (int) rows.received(rank) - behind;
      copyOut(lane.main(), target, behind * rowBytes, output, behind, rest);
      lane.main().label("");
    }
  }

  private void compute(Lane lane, Operands operands, int step) {
    int me = lane.rank();
    int owner = (me + step) % ranks;
    PreparedGemm gemm = gemms[me][step];
    if (gemm == null) {
      return;
    }
    Tensor output = operands.output();
    GemmArguments arguments = inputs(lane, operands);
    Operands.rowsOfInput(arguments, operands.input(), firstRow(me, owner));
    if (step == 0) {
      long offset = (long) firstReceived(me, me) * output.rowStride() * elementBytes;
      arguments.d(output.memory(), offset, output.rowStride());
    } else {
      arguments.d(products[me], firstRow(me, owner) * rowBytes, stride);
    }
    gemm.launch(lane.main(), arguments);
  }

  /** Every rank takes part in a step in which any has something to send. */
  private void exchange(Lane lane, int step, DeviceMemory target) {
    int me = lane.rank();
    int owner = (me + step) % ranks;
    int source = (me - step + ranks) % ranks;
    if (steps[step].most() == 0) {
      return;
    }
    if (gemms[me][step] != null) {
      backend.signals().await(lane.send(), computed, step, lane.epoch(), targets[me][step]);
    }
    backend
        .collectives()
        .allToAllV(
            lane.send(),
            products[me],
            firstRow(me, owner) * rowBytes,
            target,
            firstReceived(source, me) * rowBytes,
            steps[step],
            problem.outputType());
  }

  @Override
  public String describe() {
    return "a GEMM for each of " + ranks + " owners, a library exchange behind each but the own";
  }
}
