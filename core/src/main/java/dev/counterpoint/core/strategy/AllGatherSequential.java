package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;

/**
 * All-gather by the library, then one plain GEMM: what a user has without overlap.
 *
 * <p>Reuse of the gathered buffer is safe because the library writes into a rank's buffer only when
 * that rank's own stream has come to the collective, which is after its previous GEMM.
 */
public final class AllGatherSequential extends AllGatherProgram {
  private final PreparedGemm[] gemms;

  /** Prepares the program. */
  public AllGatherSequential(PlanContext context) {
    super(context);
    gemms = new PreparedGemm[ranks];
    for (Rank rank : context.ranks()) {
      int r = rank.index();
      RowPartition whole = RowPartition.whole(problem.m());
      gemms[r] =
          context.gemm(
              context.plainGemm(
                  "",
                  r,
                  context.tiling(r, whole, cols(r), problem.k()),
                  problem.k(),
                  epilogue(problem.m())));
      context.lane(r);
    }
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    lane.main().label(context.label());
    DeviceMemory gathered = gatheredInput.at(rank);
    long count = (long) shards.rowsPerShard() * stride;
    long ownOffset = rank * count * elementBytes;
    Collectives collectives = backend.collectives();
    Tensor input = operands.input();
    if (isPacked(input)
        && input.rows() == shards.rowsPerShard()
        && input.rowStride() == problem.k()) {
      collectives.allGather(
          lane.main(), input.memory(), 0, gathered, 0, count, problem.inputType());
    } else {
      placeOwnShard(lane.main(), rank, input);
      collectives.allGather(
          lane.main(), gathered, ownOffset, gathered, 0, count, problem.inputType());
    }
    gemms[rank].launch(lane.main(), gatheredRows(lane, 0, operands));
    handBack(lane.main(), rank, operands);
    lane.main().label("");
  }

  @Override
  public String describe() {
    return "library all-gather, then one " + context.plainEngine() + " GEMM";
  }
}
