package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import java.util.HashMap;
import java.util.Map;

/** The product of a rank as plain GEMMs, one for each block of rows of each owner's shard. */
final class ShardGemms {
  private final OutputProgram program;
  private final RowBlocks cut;

  /** By rank, and by owner and block. */
  private final PreparedGemm[][] gemms;

  ShardGemms(OutputProgram program, RowBlocks cut) {
    this.program = program;
    this.cut = cut;
    gemms = new PreparedGemm[program.ranks][];
    for (Rank rank : program.context.ranks()) {
      gemms[rank.index()] = prepare(rank.index());
    }
  }

  /** Blocks with the same rows share a GEMM; those of the own shard differ by their epilogue. */
  private PreparedGemm[] prepare(int rank) {
    Map<Integer, PreparedGemm> plain = new HashMap<>();
    Map<Integer, PreparedGemm> withAddend = new HashMap<>();
    PreparedGemm[] table = new PreparedGemm[program.ranks * cut.count()];
    for (int owner = 0; owner < program.ranks; owner++) {
      boolean addend = program.kind == OutputProgram.Kind.ALL_TO_ALL || owner == rank;
      for (int block = 0; block < cut.count(); block++) {
        int rows = rows(rank, owner, block);
        if (rows > 0) {
          table[owner * cut.count() + block] =
              (addend ? withAddend : plain).computeIfAbsent(rows, size -> gemm(rank, size, addend));
        }
      }
    }
    return table;
  }

  private PreparedGemm gemm(int rank, int rows, boolean addend) {
    PlanContext context = program.context;
    int k = program.k(rank);
    Epilogue epilogue = context.epilogue(0, addend ? rows : 0);
    return context.gemm(
        context.plainGemm(
            "chunk",
            rank,
            context.tiling(rank, RowPartition.whole(rows), program.problem.n(), k),
            k,
            epilogue));
  }

  /**
   * Rows of a block of what a rank computes for an owner; 0 for one past its end, which is not to
   * be computed.
   */
  int rows(int rank, int owner, int block) {
    return cut.rows(program.rows(rank, owner), block);
  }

  /** Enqueues the GEMM of a block on the main stream; its rows lie as staged rows do. */
  void launch(
      Lane lane, Operands operands, int owner, int block, DeviceMemory target, long offset) {
    int row = program.firstRow(lane.rank(), owner) + cut.start(block);
    GemmArguments arguments = program.inputs(lane, operands);
    Operands.rowsOfInput(arguments, operands.input(), row);
    if (owner == lane.rank()) {
      rowsOfAddend(arguments, operands, block);
    }
    gemms[lane.rank()][owner * cut.count() + block].launch(
        lane.main(), arguments.d(target, offset, program.stride));
  }

  /** The window's first row of C is the block's. */
  private void rowsOfAddend(GemmArguments arguments, Operands operands, int block) {
    if (program.kind != OutputProgram.Kind.ALL_TO_ALL) {
      long pitch = (long) operands.output().rowStride() * program.elementBytes;
      arguments.c(
          arguments.c(),
          arguments.cOffset() + (long) cut.start(block) * pitch,
          operands.output().rowStride());
    }
  }
}
