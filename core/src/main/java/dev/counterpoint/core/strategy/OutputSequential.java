package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.Splits;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import org.jspecify.annotations.Nullable;

/** One plain GEMM, then the library's collective: what a user has without overlap. */
public final class OutputSequential extends OutputProgram {
  private final PreparedGemm[] gemms;

  /** By rank: the product, all shards one below the other, padded to full shards. */
  private final DeviceMemory[] products;

  /** By rank: what the collective delivers, where it cannot deliver into the output itself. */
  private final DeviceMemory[] received;

  private final @Nullable Normalization norm;

  /** What ranks have for each other, where that differs. */
  private final @Nullable Splits elements;

  /** Prepares the program. */
  public OutputSequential(PlanContext context) {
    super(context);
    gemms = new PreparedGemm[ranks];
    norm = Normalization.inPlace(this);
    elements = splits == null ? null : splits.times(stride);
    products = new DeviceMemory[ranks];
    received = new DeviceMemory[ranks];
    for (Rank rank : context.ranks()) {
      int r = rank.index();
      RowPartition whole = RowPartition.whole(productRows(r));
      gemms[r] =
          context.gemm(
              context.plainGemm(
                  "", r, context.tiling(r, whole, problem.n(), k(r)), k(r), epilogue(r)));
      products[r] =
          context.local(r, splits == null ? slotBytes * ranks : splits.sent(r) * rowBytes);
      received[r] =
          switch (kind) {
            case REDUCE_SCATTER -> context.local(r, slotBytes);
            case ALL_REDUCE -> products[r];
            case ALL_TO_ALL ->
                context.local(
                    r, splits == null ? slotBytes * ranks : splits.received(r) * rowBytes);
          };
    }
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    Tensor output = operands.output();
    lane.main().label(context.label());
    boolean direct = norm == null && isPacked(output);
    DeviceMemory product = direct && kind == Kind.ALL_REDUCE ? output.memory() : products[rank];
    gemms[rank].launch(lane.main(), inputs(lane, operands).d(product, 0, stride));
    DeviceMemory target = direct ? output.memory() : received[rank];
    communicate(lane, product, target);
    if (norm != null) {
      norm.enqueue(lane, operands, received[rank], stride);
    } else if (!direct) {
      copyOutputs(lane, rank, output);
    }
    lane.main().label("");
  }

  private void communicate(Lane lane, DeviceMemory product, DeviceMemory target) {
    if (elements != null) {
      backend
          .collectives()
          .allToAllV(lane.main(), product, 0, target, 0, elements, problem.outputType());
      return;
    }
    long count = (long) shards.rowsPerShard() * stride;
    switch (kind) {
      case REDUCE_SCATTER ->
          backend
              .collectives()
              .reduceScatter(lane.main(), product, 0, target, 0, count, problem.outputType());
      case ALL_REDUCE ->
          backend
              .collectives()
              .allReduce(
                  lane.main(),
                  product,
                  0,
                  target,
                  0,
                  (long) problem.m() * stride,
                  problem.outputType());
      case ALL_TO_ALL ->
          backend
              .collectives()
              .allToAll(lane.main(), product, 0, target, 0, count, problem.outputType());
    }
  }

  private void copyOutputs(Lane lane, int rank, Tensor output) {
    if (splits != null) {
      copyOut(lane.main(), received[rank], 0, output, 0, (int) splits.received(rank));
      return;
    }
    switch (kind) {
      case REDUCE_SCATTER -> copyOut(lane.main(), received[rank], 0, output, 0, shards.rows(rank));
      case ALL_REDUCE -> copyOut(lane.main(), received[rank], 0, output, 0, problem.m());
      case ALL_TO_ALL -> {
        int rows = shards.rows(rank);
        for (int source = 0; source < ranks; source++) {
          copyOut(lane.main(), received[rank], source * slotBytes, output, source * rows, rows);
        }
      }
    }
  }

  @Override
  public String describe() {
    return "one " + context.plainEngine() + " GEMM, then the library's collective" + thenNorm();
  }
}
