package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.AllReduceChecks;
import dev.counterpoint.spi.support.Resource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An all-reduce by kernels with its workspace: two halves, each with a slot for what every rank
 * sends, and, with two shots, for the sums of every rank; behind them the words that bulk signals
 * by.
 */
final class GpuPreparedAllReduce extends Resource implements PeerAllReduce.PreparedAllReduce {
  private static final int HALVES = 2;
  private static final int COLUMNS_OF_GROUP = 8;

  /** Of its four bytes of data, a packet has eight. */
  private static final int BYTES_BY_PACKETS = 2;

  private final GpuContext context;
  private final AllReduceSpec spec;
  private final PeerAllReduce.Algorithm algorithm;
  private final int places;
  private final int blocks;
  private final @Nullable SymmetricBuffer workspace;
  private final List<Kernel> kernels = new ArrayList<>();
  private final List<Tables> tables = new ArrayList<>();
  private final List<ParameterBlock> parameters = new ArrayList<>();

  GpuPreparedAllReduce(
      GpuContext context, GpuHeap heap, AllReduceSpec spec, PeerAllReduce.Algorithm algorithm) {
    super(context.resources, "all-reduce '" + spec.label() + "'");
    this.context = context;
    this.spec = spec;
    this.algorithm = algorithm;
    int ranks = context.size();
    long groups = (spec.cols() + (long) COLUMNS_OF_GROUP - 1) / COLUMNS_OF_GROUP * spec.rows();
    places = (int) (isOneShot() ? groups : (groups + ranks - 1) / ranks);
    long most = Integer.MAX_VALUE;
    for (RankState rank : context.ranks()) {
      Kernel kernel = rank.kernels().allReduce(algorithm);
      kernels.add(kernel);
      // Blocks wait for those of the same number elsewhere, so everyone has as many.
      long needed = (places + (long) kernel.threads() - 1) / kernel.threads();
      most = Math.min(most, Math.min(needed, kernel.resident(rank.units(), 0)));
      most = Math.min(most, rank.units());
    }
    blocks = (int) Math.max(1, most);
    String name = spec.label() + "/all-reduce";
    workspace =
        groups == 0 ? null : heap.allocate(name, slotBytes() + (isBulk() ? wordBytes() : 0));
    try {
      for (RankState rank : context.ranks()) {
        write(rank, context.arrays.id(name));
      }
    } catch (RuntimeException e) {
      release();
      throw e;
    }
  }

  private boolean isOneShot() {
    return algorithm == PeerAllReduce.Algorithm.ONE_SHOT;
  }

  private boolean isBulk() {
    return algorithm == PeerAllReduce.Algorithm.TWO_SHOT_BULK;
  }

  /** Slots of a half: parts, and behind them sums. */
  private int slots() {
    return (isOneShot() ? 1 : 2) * context.size();
  }

  private long slotBytes() {
    long group = (long) COLUMNS_OF_GROUP * spec.dtype().bytes() * (isBulk() ? 1 : BYTES_BY_PACKETS);
    return group * HALVES * slots() * places;
  }

  private long wordBytes() {
    return (long) slots() * blocks * Long.BYTES;
  }

  private void write(RankState rank, int array) {
    Tables mine = new Tables();
    int addresses = mine.longs(workspaces());
    int launches = mine.zeros(2);
    int arrivals = mine.zeros(1);
    tables.add(mine);
    mine.upload(rank, "the counters of '" + spec.label() + "'");
    parameters.add(
        rank.block(AllReduceParams.SIZE)
            .operation(rank.waitContext(), rank.localAbort(), context.operations.id(spec.label()))
            .set(AllReduceParams.WORKSPACES, mine.address(addresses))
            .set(AllReduceParams.FLAGS, slotBytes())
            .set(AllReduceParams.LAUNCHES, mine.address(launches))
            .set(AllReduceParams.ARRIVALS, mine.address(arrivals))
            .set(AllReduceParams.ROWS, spec.rows())
            .set(AllReduceParams.COLS, spec.cols())
            .set(AllReduceParams.TYPE, ElementType.number(spec.dtype()))
            .set(AllReduceParams.RANK, rank.index())
            .set(AllReduceParams.RANKS, context.size())
            .set(AllReduceParams.PLACES, places)
            .set(AllReduceParams.ARRAY, array));
  }

  private long[] workspaces() {
    long[] addresses = new long[context.size()];
    for (int rank = 0; rank < addresses.length && workspace != null; rank++) {
      addresses[rank] = workspace.at(rank).address();
    }
    return addresses;
  }

  @Override
  public AllReduceSpec spec() {
    return spec;
  }

  @Override
  public PeerAllReduce.Algorithm algorithm() {
    return algorithm;
  }

  @Override
  public long workspaceBytes() {
    return workspace == null ? 0 : workspace.bytes();
  }

  @Override
  public void launch(
      Stream stream,
      DeviceMemory input,
      long inputOffset,
      int inputStride,
      DeviceMemory output,
      long outputOffset,
      int outputStride) {
    requireOpen();
    GpuStream mine = GpuStream.of(context, stream);
    int rank = mine.rank();
    long from = AllReduceChecks.address(spec, "input", input, rank, inputOffset, inputStride);
    long to = AllReduceChecks.address(spec, "output", output, rank, outputOffset, outputStride);
    mine.begin();
    if (workspace == null) {
      return;
    }
    ParameterBlock block =
        parameters
            .get(rank)
            .set(AllReduceParams.INPUT, from)
            .set(AllReduceParams.INPUT_STRIDE, (long) inputStride)
            .set(AllReduceParams.OUTPUT, to)
            .set(AllReduceParams.OUTPUT_STRIDE, (long) outputStride);
    int span = mine.beginSpan();
    mine.launch(kernels.get(rank), blocks, block);
    mine.hasWaited();
    mine.endSpan(span, TraceEvent.Kind.REDUCE, "all-reduce");
  }

  @Override
  protected void release() {
    for (int rank = 0; rank < tables.size(); rank++) {
      tables.get(rank).free(context.rank(rank));
    }
    if (workspace != null) {
      workspace.close();
    }
  }
}
