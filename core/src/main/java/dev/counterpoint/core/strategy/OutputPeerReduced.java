package dev.counterpoint.core.strategy;

import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.Tuning;
import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.support.AllReduceChecks;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * GEMM + all-reduce of few rows: one plain GEMM, then one kernel on each rank that exchanges and
 * sums what all have ({@link PeerAllReduce}). With so few bytes there is nothing to hide, only
 * steps to leave out: two items of one stream, and no side streams, signals or copies.
 *
 * <p>Safe when ranks drift, because the all-reduce is. The product lies in memory of the rank's own
 * that only its stream uses.
 */
public final class OutputPeerReduced extends OutputProgram {
  /**
   * The most bytes of product for which this is taken on wide devices. By arithmetic, not measured
   * yet: 8 MiB are 40 µs on a link of 350 GB/s, which is less than what a routed GEMM's waits and
   * reductions cost there (docs/performance-log.md).
   */
  private static final long MOST_BYTES_WIDE = 8L << 20;

  /** The same elsewhere: on the host a routed GEMM took 2 to 4 times as long for fewer. */
  private static final long MOST_BYTES = 1L << 20;

  private final PreparedGemm[] gemms;
  private final DeviceMemory[] products;
  private final PeerAllReduce.PreparedAllReduce allReduce;
  private final @Nullable Normalization norm;

  private OutputPeerReduced(PlanContext context) {
    super(context);
    gemms = new PreparedGemm[ranks];
    products = new DeviceMemory[ranks];
    norm = Normalization.inPlace(this);
    for (Rank rank : context.ranks()) {
      int r = rank.index();
      RowPartition whole = RowPartition.whole(problem.m());
      gemms[r] =
          context.gemm(
              context.plainGemm(
                  "", r, context.tiling(r, whole, problem.n(), k(r)), k(r), epilogue(r)));
      products[r] = context.local(r, problem.m() * rowBytes);
    }
    allReduce =
        context.allReduce(
            new AllReduceSpec(
                context.label(),
                problem.m(),
                problem.n(),
                problem.outputType(),
                PeerAllReduce.Algorithm.AUTO));
  }

  /** This, or the routed GEMM where it does not serve. */
  public static Program orRouted(PlanContext context) {
    return serves(context.spec(), context.backend())
        ? new OutputPeerReduced(context)
        : OutputStaged.fused(context);
  }

  /** The most bytes of product for which a backend takes this; 0 where it cannot. */
  public static long mostBytes(Backend backend) {
    boolean possible =
        backend.capabilities().contains(Capability.PEER_ALL_REDUCE)
            && backend.capabilities().contains(Capability.PEER_ACCESS);
    if (!possible) {
      return 0;
    }
    return WideDevices.areThoseOf(backend) ? MOST_BYTES_WIDE : MOST_BYTES;
  }

  /** Whether the fused strategy of a problem is this. */
  public static boolean serves(OperatorSpec spec, Backend backend) {
    long bytes = (long) spec.problem().m() * spec.problem().n() * bytesOf(spec);
    long most = mostBytes(backend);
    return spec instanceof GemmAllReduceSpec
        && AllReduceChecks.isSummed(spec.problem().outputType())
        && most > 0
        && bytes <= most
        && leavesForm(spec.tuning());
  }

  private static int bytesOf(OperatorSpec spec) {
    return spec.problem().outputType().bytes();
  }

  /** Whether nothing is forced that only a routed GEMM has. */
  public static boolean leavesForm(Tuning tuning) {
    return tuning.chunks() == 0
        && tuning.tileRows() == 0
        && tuning.tileCols() == 0
        && tuning.reservedUnits() < 0;
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    Tensor output = operands.output();
    lane.main().label(context.label());
    gemms[rank].launch(lane.main(), inputs(lane, operands).d(products[rank], 0, stride));
    allReduce.launch(
        lane.main(), products[rank], 0, stride, output.memory(), 0, output.rowStride());
    if (norm != null) {
      norm.enqueue(lane, operands, output.memory(), output.rowStride());
    }
    lane.main().label("");
  }

  @Override
  public String describe() {
    String way = allReduce.algorithm().name().toLowerCase(Locale.ROOT).replace('_', '-');
    return "one "
        + context.plainEngine()
        + " GEMM, then a "
        + way
        + " all-reduce by kernels over peers' memory"
        + thenNorm();
  }
}
