package dev.counterpoint.core.tuner;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.core.strategy.PackedGroups;
import dev.counterpoint.core.strategy.RowBlocks;
import dev.counterpoint.core.strategy.WideDevices;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;

/** Times of the operators that communicate after their GEMM. */
final class OutputModel {
  private final LatencyModel model;
  private final TuningKey key;
  private final boolean reduces;
  private final boolean spreads;
  private final int ranks;
  private final RowPartition shards;
  private final int shard;
  private final int inner;
  private final double rowBytes;

  OutputModel(LatencyModel model, TuningKey key) {
    this.model = model;
    this.key = key;
    spreads = key.operator().equals("gemm-ar");
    reduces = !key.operator().equals("gemm-a2a");
    ranks = key.ranks();
    shards = new RowPartition(key.m(), ranks);
    shard = shards.rowsPerShard();
    inner = reduces ? new RowPartition(key.k(), ranks).rowsPerShard() : key.k();
    rowBytes = (double) key.n() * key.outputType().bytes();
  }

  double micros(Tuning tuning) {
    return switch (tuning.strategy()) {
      case SEQUENTIAL -> sequential();
      case PIPELINED -> pipelined(tuning);
      case RING, DECOMPOSED -> chunked(tuning);
      case FUSED -> fused(tuning);
      case SIGNALED -> signaled(tuning);
      case AUTO -> throw new IllegalArgumentException("a prediction needs a strategy");
    };
  }

  private Route collective() {
    return spreads ? Route.ALL_REDUCE : reduces ? Route.REDUCE_SCATTER : Route.ALL_TO_ALL;
  }

  private double sequential() {
    double bytes = spreads ? key.m() * rowBytes : shard * rowBytes;
    double copied = shards.isEven() ? 0 : model.micros(Route.COPY, receivedRows() * rowBytes);
    return model.plain(key.m(), key.n(), inner) + model.micros(collective(), bytes) + copied;
  }

  private double receivedRows() {
    return spreads ? key.m() : reduces ? shard : (double) shard * ranks;
  }

  private double chunked(Tuning tuning) {
    int chunks = Math.max(1, Math.min(tuning.chunks(), shard));
    boolean striped = isStriped(tuning);
    RowBlocks blocks =
        striped
            ? RowBlocks.striped(shard, chunks, ranks, WideDevices.areOf(model.machine().units()))
            : RowBlocks.tapered(shard, chunks);
    double[] computing = new double[blocks.count()];
    for (int block = 0; block < computing.length; block++) {
      int rows = blocks.rows(shard, block) * (striped ? ranks : 1);
      computing[block] = model.plain(rows, key.n(), inner);
    }
    return reduces && tuning.strategy() == Strategy.RING
        ? new RingModel(model, tuning.transport(), blocks, shard, ranks, rowBytes)
            .micros(computing, spreads)
        : staged(tuning, blocks, computing);
  }

  /** Whether one GEMM computes a block of all owners. */
  private boolean isStriped(Tuning tuning) {
    return spreads
        && tuning.strategy() == Strategy.DECOMPOSED
        && !WideDevices.areFilledBy(model.machine().units(), shard);
  }

  /** Chunks of columns: collectives follow each other, and each is followed by a copy. */
  private double pipelined(Tuning tuning) {
    RowBlocks columns = RowBlocks.tapered(key.n(), Math.max(1, Math.min(tuning.chunks(), key.n())));
    double part = rowBytes / key.n();
    double computed = 0;
    double link = 0;
    double copied = 0;
    for (int chunk = 0; chunk < columns.count(); chunk++) {
      int cols = columns.rows(key.n(), chunk);
      computed += model.plain(key.m(), cols, inner);
      double bytes = (spreads ? key.m() : (double) shard) * cols * part;
      link =
          Math.max(link, computed + model.micros(Route.HANDOVER, 1) / 2)
              + model.micros(collective(), bytes);
      copied = Math.max(copied, link) + model.micros(Route.COPY, receivedRows() * cols * part);
    }
    return copied;
  }

  private double fused(Tuning tuning) {
    Tiling tiling = model.machine().tiles().of(shards, key.n(), inner, tuning.tileRows());
    int tileRows = tiling.tileRowsPerShard();
    int groups = Math.max(1, Math.min(tuning.chunks(), tileRows));
    int blockRows = (tileRows + groups - 1) / groups * tiling.tileRows();
    RowBlocks blocks = RowBlocks.even(shard, blockRows);
    double whole = model.tiled(key.m(), key.n(), inner, tuning);
    double[] computing = new double[blocks.count()];
    for (int block = 0; block < computing.length; block++) {
      computing[block] = whole * blocks.rows(shard, block) / ((double) shard * ranks);
    }
    return staged(tuning, blocks, computing);
  }

  /**
   * Blocks are computed in turn for all owners, or all blocks for one owner after the other, and
   * sent as they are ready; what has arrived from all is summed (and spread, over the same link),
   * or copied.
   */
  private double staged(Tuning tuning, RowBlocks blocks, double[] computing) {
    boolean ownerByOwner = tuning.strategy() == Strategy.RING;
    int count = blocks.count();
    double[][] computed = new double[count][ranks + 1];
    double[][] arrived = new double[count][ranks + 1];
    LinkClock link = new LinkClock(model, tuning.transport());
    double time = 0;
    for (int turn = 0; turn < count * ranks; turn++) {
      int block = ownerByOwner ? turn % count : turn / ranks;
      int step = 1 + (ownerByOwner ? turn / count : turn % ranks);
      time += step == 1 || !isStriped(tuning) ? computing[block] : 0;
      computed[block][step] = time;
      arrived[block][step] = step == ranks ? time : link.arrival(time, bytes(blocks, block));
    }
    if (!reduces) {
      return copied(blocks, arrived);
    }
    if (!spreads) {
      return summed(tuning, blocks, computed, computed.length);
    }
    // Sums and products share the link; whichever order is best is near to first come, first
    // served, and unlike that never slower for a faster link.
    double best = Double.POSITIVE_INFINITY;
    for (int lag = 1; lag <= computed.length; lag++) {
      best = Math.min(best, summed(tuning, blocks, computed, lag));
    }
    return best;
  }

  /**
   * Sums block by block.
   *
   * @param lag sums of a block are spread after the products of so many further blocks were sent
   */
  private double summed(Tuning tuning, RowBlocks blocks, double[][] computed, int lag) {
    LinkClock link = new LinkClock(model, tuning.transport());
    int count = computed.length;
    double[] reduced = new double[count];
    double reducer = 0;
    double end = 0;
    for (int turn = 0; turn < count + lag; turn++) {
      if (turn < count) {
        double ready = computed[turn][ranks];
        for (int step = 1; step < ranks; step++) {
          ready = Math.max(ready, link.arrival(computed[turn][step], bytes(blocks, turn)));
        }
        reducer = Math.max(reducer, ready) + model.micros(Route.REDUCE, bytes(blocks, turn));
        reduced[turn] = reducer;
        end = Math.max(end, reducer);
      }
      int spread = turn - lag;
      for (int step = 1; spreads && spread >= 0 && step < ranks; step++) {
        double bytes = bytes(blocks, spread);
        end = Math.max(end, link.arrival(reduced[spread], bytes) + model.micros(Route.COPY, bytes));
      }
    }
    return end;
  }

  /** The receiver copies source by source, its own blocks first. */
  private double copied(RowBlocks blocks, double[][] arrived) {
    double time = 0;
    for (int step = 0; step < ranks; step++) {
      for (int block = 0; block < arrived.length; block++) {
        double ready = arrived[block][step == 0 ? ranks : step];
        time = Math.max(time, ready) + model.micros(Route.COPY, bytes(blocks, block));
      }
    }
    return time;
  }

  private double bytes(RowBlocks blocks, int block) {
    return blocks.rows(shard, block) * rowBytes;
  }

  private double signaled(Tuning tuning) {
    RowPartition partition = spreads ? RowPartition.whole(key.m()) : shards;
    Tiling tiling = model.machine().tiles().of(partition, key.n(), inner, tuning.tileRows());
    PackedGroups map = PackedGroups.of(tiling, tuning.groups(), Math.max(1, tuning.chunks()));
    double whole = model.tiled(key.m(), key.n(), inner, tuning);
    double tileBytes = (double) tiling.tileRows() * tiling.tileCols() * key.outputType().bytes();
    int wave =
        model.machine().hasWaves()
            ? Math.max(1, model.machine().units() - Math.max(0, tuning.reservedUnits()))
            : 1;
    double waves = Math.ceil((double) tiling.tiles() / wave);
    double link = 0;
    long done = 0;
    for (int group = 0; group < map.groups(); group++) {
      done += (long) map.tilesOfShard(group) * partition.shards();
      double computed = whole * Math.ceil((double) done / wave) / waves;
      double bytes = map.tilesOfShard(group) * tileBytes;
      link =
          Math.max(link, computed + model.micros(Route.HANDOVER, 1) / 2)
              + model.micros(collective(), bytes);
    }
    return link + model.micros(Route.COPY, receivedRows() * rowBytes);
  }
}
