package dev.counterpoint.core.strategy;

import dev.counterpoint.GemmProblem;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.Transport;

/**
 * What the all-gather + GEMM programs share: a symmetric buffer that takes the gathered A, one
 * shard of ⌈M/R⌉ rows after the other, so that row i of A is row i of the buffer however M divides.
 */
abstract class AllGatherProgram implements Program {
  final PlanContext context;
  final Backend backend;
  final GemmProblem problem;
  final RowPartition shards;
  final int ranks;
  final int elementBytes;

  /** Elements from row to row of the gathered A. */
  final int stride;

  final long rowBytes;
  final SymmetricBuffer gatheredInput;

  AllGatherProgram(PlanContext context) {
    this.context = context;
    backend = context.backend();
    problem = context.problem();
    ranks = context.size();
    shards = context.shards();
    elementBytes = problem.inputType().bytes();
    stride = PlanContext.padded(problem.k(), problem.inputType());
    rowBytes = (long) stride * elementBytes;
    gatheredInput = context.symmetric("gathered", shards.rowsPerShard() * (long) ranks * rowBytes);
  }

  /** Columns of B on a rank. */
  final int cols(int rank) {
    return OperatorSpec.piece(problem.n(), rank, ranks);
  }

  final Epilogue epilogue(int rows) {
    return context.epilogue(0, rows);
  }

  final long offsetOfRow(int row) {
    return row * rowBytes;
  }

  /**
   * Whether the rows of a tensor lie as they do in the gathered buffer, so that they can be sent in
   * one piece.
   */
  final boolean isPacked(Tensor tensor) {
    return tensor.rowStride() == stride || (tensor.rows() <= 1 && stride == problem.k());
  }

  /** Copies rows of this rank's input to a place in someone's gathered buffer. */
  final void copyRows(
      Stream stream,
      Tensor input,
      int firstRow,
      int rows,
      DeviceMemory target,
      int targetRow,
      Transport transport) {
    long sourcePitch = (long) input.rowStride() * elementBytes;
    long width = (long) problem.k() * elementBytes;
    backend
        .transfers()
        .put2d(
            stream,
            input.memory(),
            firstRow * sourcePitch,
            sourcePitch,
            target,
            offsetOfRow(targetRow),
            rowBytes,
            width,
            rows,
            transport);
  }

  /** Copies this rank's rows to their place in its own gathered buffer. */
  final void placeOwnShard(Stream stream, int rank, Tensor input) {
    if (input.rows() > 0) {
      copyRows(
          stream,
          input,
          0,
          input.rows(),
          gatheredInput.at(rank),
          shards.start(rank),
          Transport.AUTO);
    }
  }

  /** Hands the gathered A back, if the caller asked for it. */
  final void handBack(Stream stream, int rank, Operands operands) {
    Tensor gathered = operands.gathered();
    if (gathered != null && gathered.rows() > 0) {
      long pitch = (long) gathered.rowStride() * elementBytes;
      long width = (long) problem.k() * elementBytes;
      backend
          .transfers()
          .put2d(
              stream,
              gatheredInput.at(rank),
              0,
              rowBytes,
              gathered.memory(),
              0,
              pitch,
              width,
              gathered.rows(),
              Transport.AUTO);
    }
  }

  /** The operands of a GEMM over rows of the gathered buffer, starting at {@code firstRow}. */
  final GemmArguments gatheredRows(Lane lane, int firstRow, Operands operands) {
    return outputRows(
        lane.arguments().a(gatheredInput.at(lane.rank()), offsetOfRow(firstRow), stride),
        firstRow,
        operands);
  }

  /** The operands of a GEMM over this rank's own input. */
  final GemmArguments ownRows(Lane lane, int inputRow, Operands operands) {
    Tensor input = operands.input();
    long offset = (long) inputRow * input.rowStride() * elementBytes;
    return outputRows(
        lane.arguments().a(input.memory(), offset, input.rowStride()),
        shards.start(lane.rank()) + inputRow,
        operands);
  }

  private GemmArguments outputRows(GemmArguments arguments, int firstRow, Operands operands) {
    Tensor output = operands.output();
    Tensor bias = operands.bias();
    long offset = (long) firstRow * output.rowStride() * problem.outputType().bytes();
    return arguments
        .b(operands.weight().memory(), 0, operands.weight().rowStride())
        .c(output.memory(), offset, output.rowStride())
        .d(output.memory(), offset, output.rowStride())
        .bias(bias == null ? null : bias.memory());
  }

  /**
   * Own shard, then those of rank−1, rank−2, …: the order in which shards arrive that every rank
   * sends to rank+1, rank+2, ….
   */
  final TileOrder arrivalOrder(int rank) {
    int[] sources = new int[ranks];
    for (int step = 0; step < ranks; step++) {
      sources[step] = (rank - step + ranks) % ranks;
    }
    return new TileOrder.Shards(sources);
  }
}
