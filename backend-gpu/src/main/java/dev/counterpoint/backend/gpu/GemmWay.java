package dev.counterpoint.backend.gpu;

/**
 * One of the kernels that can do a prepared GEMM, with what its launches say and those of another
 * do not.
 *
 * @param blocks on how many blocks it runs
 * @param orderBy how its order is given: 0 natural, 1 by shard, 2 by position
 * @param order address of the order's table, or 0
 * @param positions length of a table that leaves positions empty, or 0
 */
record GemmWay(Kernel kernel, int blocks, int orderBy, long order, int positions) {
  /** Writes it; the block may have served another way before. */
  void write(ParameterBlock block) {
    block.set(TileGemmParams.ORDER_BY, orderBy);
    block.set(TileGemmParams.ORDER, order);
    block.set(TileGemmParams.POSITIONS, positions);
  }

  /** Runs the kernel on no tiles, so that the first launch finds everything in place. */
  void warm(RankState rank, ParameterBlock block, String label) {
    int shards = block.getInt(TileGemmParams.SHARDS);
    block.set(TileGemmParams.SHARDS, 0);
    block.set(TileGemmParams.POSITIONS, 0);
    rank.run("warming '" + label + "'", kernel, kernel.cluster(), block);
    block.set(TileGemmParams.SHARDS, shards);
  }
}
