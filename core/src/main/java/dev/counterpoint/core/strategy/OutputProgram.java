package dev.counterpoint.core.strategy;

import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.Norm;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Splits;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Transport;
import org.jspecify.annotations.Nullable;

/**
 * What the programs of GEMM + reduce-scatter, all-reduce and all-to-all share. In all three the
 * rows of the product are divided into shards, shard s being meant for rank s; they differ in what
 * happens to the shards there.
 */
abstract class OutputProgram implements Program {
  /** What happens to the shards that arrive at their owner. */
  enum Kind {
    /** Summed; the owner keeps the sum. */
    REDUCE_SCATTER,
    /** Summed; everyone gets the sum. */
    ALL_REDUCE,
    /** Kept apart, by source. */
    ALL_TO_ALL
  }

  final PlanContext context;
  final Backend backend;
  final GemmProblem problem;
  final Kind kind;
  final RowPartition shards;
  final int ranks;
  final int elementBytes;

  /** Rows by source and target of an all-to-all whose shards differ; null where they are even. */
  final @Nullable Splits splits;

  /** Rows of the longest shard. */
  final int longest;

  /** Elements from row to row of staged products. */
  final int stride;

  final long rowBytes;

  /** Bytes of one full shard of staged product. */
  final long slotBytes;

  OutputProgram(PlanContext context) {
    this.context = context;
    backend = context.backend();
    problem = context.problem();
    kind = kindOf(context.spec());
    ranks = context.size();
    shards = context.shards();
    elementBytes = problem.outputType().bytes();
    stride = PlanContext.padded(problem.n(), problem.outputType());
    rowBytes = (long) stride * elementBytes;
    splits = context.spec() instanceof GemmAllToAllSpec spec ? spec.splits() : null;
    longest = splits == null ? shards.rowsPerShard() : Math.toIntExact(splits.most());
    slotBytes = longest * rowBytes;
  }

  private static Kind kindOf(OperatorSpec spec) {
    if (spec instanceof GemmReduceScatterSpec) {
      return Kind.REDUCE_SCATTER;
    }
    return spec instanceof GemmAllToAllSpec ? Kind.ALL_TO_ALL : Kind.ALL_REDUCE;
  }

  /** Rows of a rank's product. */
  final int productRows(int rank) {
    return splits == null ? problem.m() : (int) splits.sent(rank);
  }

  /** Rows of a rank's product that are meant for an owner. */
  final int rows(int rank, int owner) {
    return splits == null ? shards.rows(owner) : (int) splits.count(rank, owner);
  }

  /** The first of them in the product. */
  final int firstRow(int rank, int owner) {
    return splits == null ? shards.start(owner) : (int) splits.sendStart(rank, owner);
  }

  /** Where an owner keeps them apart, the first of them in its output. */
  final int firstReceived(int rank, int owner) {
    return splits == null ? rank * shards.rows(owner) : (int) splits.receiveStart(rank, owner);
  }

  /** Inner dimension on a rank: its piece of K, or all of it where nothing is summed over ranks. */
  final int k(int rank) {
    return context.spec().localWeight(rank, ranks).cols();
  }

  /**
   * Bias and beta enter once: at the owner of the row where products are summed, everywhere
   * otherwise.
   */
  final Epilogue epilogue(int rank) {
    return kind == Kind.ALL_TO_ALL
        ? context.epilogue(0, productRows(rank))
        : context.epilogue(shards.start(rank), shards.rows(rank));
  }

  /** Sets all operands of a GEMM over the whole product but its destination. */
  final GemmArguments inputs(Lane lane, Operands operands) {
    Tensor bias = operands.bias();
    GemmArguments arguments =
        Operands.weight(lane.arguments(), operands.weight())
            .d(null, 0, stride)
            .bias(bias == null ? null : bias.memory());
    Operands.rowsOfInput(arguments, operands.input(), 0);
    return addend(arguments, lane.rank(), operands);
  }

  /** C is the output's previous content for the rows of the epilogue's window. */
  final GemmArguments addend(GemmArguments arguments, int rank, Operands operands) {
    Tensor output = operands.output();
    return switch (kind) {
      case REDUCE_SCATTER -> arguments.c(output.memory(), 0, output.rowStride());
      case ALL_REDUCE ->
          arguments.c(
              output.memory(),
              Math.min(
                  (long) shards.start(rank) * output.rowStride() * elementBytes,
                  output.memory().bytes()),
              output.rowStride());
      case ALL_TO_ALL -> arguments.c(null, 0, 0);
    };
  }

  /** Copies staged rows to rows of the output. */
  final void copyOut(
      Stream stream,
      DeviceMemory staged,
      long stagedOffset,
      Tensor output,
      int outputRow,
      int rows) {
    if (rows > 0) {
      long pitch = (long) output.rowStride() * elementBytes;
      backend
          .transfers()
          .put2d(
              stream,
              staged,
              stagedOffset,
              rowBytes,
              output.memory(),
              outputRow * pitch,
              pitch,
              (long) problem.n() * elementBytes,
              rows,
              Transport.AUTO);
    }
  }

  /** What a description ends with. */
  final String thenNorm() {
    Norm norm = context.spec().norm();
    if (norm == null) {
      return "";
    }
    return switch (norm.kind()) {
      case RMS -> ", then RMSNorm";
      case LAYER -> ", then LayerNorm";
    };
  }

  /**
   * Whether rows of a tensor lie as staged rows do and no shard is short: then a collective can use
   * it as it is.
   */
  final boolean isPacked(Tensor tensor) {
    return tensor.rowStride() == problem.n()
        && stride == problem.n()
        && (splits != null || shards.isEven());
  }
}
