package dev.counterpoint.core.strategy;

import dev.counterpoint.DType;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Scaling;
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
import java.util.Objects;

/**
 * What the all-gather + GEMM programs share: a symmetric buffer that takes the gathered A, one
 * shard of ⌈M/R⌉ rows after the other, so that row i of A is row i of the buffer however M divides.
 *
 * <p>The factors of a row's blocks lie behind the row's elements, if there are any: whatever brings
 * rows brings them along, under the same signals and gates.
 */
abstract class AllGatherProgram implements Program {
  final PlanContext context;
  final Backend backend;
  final GemmProblem problem;
  final RowPartition shards;
  final int ranks;
  final int elementBytes;

  /** Elements from row to row of the gathered A; what else a row holds is counted as elements. */
  final int stride;

  final long rowBytes;

  /** Bytes of a row that mean something, up to its last element or factor. */
  final long usedRowBytes;

  /** Bytes of the factors of one row; 0 if there are none. */
  private final long scalesBytes;

  /** Where they begin in a row of the gathered A. */
  private final long scalesStart;

  final SymmetricBuffer gatheredInput;

  AllGatherProgram(PlanContext context) {
    this.context = context;
    backend = context.backend();
    problem = context.problem();
    ranks = context.size();
    shards = context.shards();
    elementBytes = problem.inputType().bytes();
    int blocks = context.hasBlockScales() ? Scaling.blocks(problem.k()) : 0;
    int elements = PlanContext.padded(problem.k(), problem.inputType());
    int factors = PlanContext.padded(blocks, DType.FP32) * DType.FP32.bytes() / elementBytes;
    stride = Math.addExact(elements, factors);
    rowBytes = (long) stride * elementBytes;
    scalesStart = (long) elements * elementBytes;
    scalesBytes = (long) blocks * DType.FP32.bytes();
    usedRowBytes = scalesBytes > 0 ? scalesStart + scalesBytes : (long) problem.k() * elementBytes;
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
    if (context.hasBlockScales()) {
      return false;
    }
    return tensor.rowStride() == stride || (tensor.rows() <= 1 && stride == problem.k());
  }

  /** Copies rows of this rank's input, factors included, to a place in someone's buffer. */
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
    if (scalesBytes > 0) {
      Tensor scales = scalesOf(input);
      long pitch = pitchOf(scales);
      backend
          .transfers()
          .put2d(
              stream,
              scales.memory(),
              firstRow * pitch,
              pitch,
              target,
              offsetOfRow(targetRow) + scalesStart,
              rowBytes,
              scalesBytes,
              rows,
              transport);
    }
  }

  private static Tensor scalesOf(Tensor tensor) {
    return Objects.requireNonNull(tensor.scales());
  }

  private static long pitchOf(Tensor tensor) {
    return (long) tensor.rowStride() * tensor.dtype().bytes();
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
      handBack(stream, rank, 0, gathered, 0, gathered.rows());
    }
  }

  /** Hands rows of the gathered buffer back, and their factors if those are wanted. */
  final void handBack(
      Stream stream, int rank, int bufferRow, Tensor gathered, int firstRow, int rows) {
    long width = (long) problem.k() * elementBytes;
    copyBack(stream, rank, offsetOfRow(bufferRow), gathered, firstRow, width, rows);
    Tensor scales = gathered.scales();
    if (scales != null) {
      long from = offsetOfRow(bufferRow) + scalesStart;
      copyBack(stream, rank, from, scales, firstRow, scalesBytes, rows);
    }
  }

  private void copyBack(
      Stream stream, int rank, long from, Tensor target, int firstRow, long width, int rows) {
    long pitch = pitchOf(target);
    backend
        .transfers()
        .put2d(
            stream,
            gatheredInput.at(rank),
            from,
            rowBytes,
            target.memory(),
            firstRow * pitch,
            pitch,
            width,
            rows,
            Transport.AUTO);
  }

  /** The operands of a GEMM over rows of the gathered buffer, starting at {@code firstRow}. */
  final GemmArguments gatheredRows(Lane lane, int firstRow, Operands operands) {
    return gatheredRows(lane, firstRow, firstRow, operands);
  }

  /** The same where rows of the buffer are not those of the output. */
  final GemmArguments gatheredRows(Lane lane, int bufferRow, int firstRow, Operands operands) {
    DeviceMemory gathered = gatheredInput.at(lane.rank());
    long offset = offsetOfRow(bufferRow);
    GemmArguments arguments = lane.arguments().a(gathered, offset, stride);
    if (scalesBytes > 0) {
      int scalesStride = (int) (rowBytes / DType.FP32.bytes());
      // What has no rows may lie at the end of its memory but not beyond it.
      long start = Math.min(offset + scalesStart, gathered.bytes());
      arguments.aScales(gathered, start, scalesStride);
    }
    return outputRows(arguments, firstRow, operands);
  }

  /** The operands of a GEMM over this rank's own input. */
  final GemmArguments ownRows(Lane lane, int inputRow, Operands operands) {
    Tensor input = operands.input();
    return outputRows(
        Operands.rowsOfInput(lane.arguments(), input, inputRow),
        shards.start(lane.rank()) + inputRow,
        operands);
  }

  private GemmArguments outputRows(GemmArguments arguments, int firstRow, Operands operands) {
    Tensor output = operands.output();
    Tensor bias = operands.bias();
    long offset = (long) firstRow * output.rowStride() * problem.outputType().bytes();
    return Operands.weight(arguments, operands.weight())
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
