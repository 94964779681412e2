package dev.counterpoint.core.tuner;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which ways to run a problem are considered: every strategy, so many chunks or groups, tiles of so
 * many rows, so many units left free; what the caller forces stays as it is. What would be the same
 * schedule twice is there once.
 */
final class SearchSpace {
  private static final int[] CHUNKS = {1, 2, 3, 4, 6, 8, 12, 16};
  private static final int[] HEIGHTS = {64, 128, 256};
  private static final int[] RESERVED = {2, 4, 8, 16};

  /** Chunks of fewer rows cost more than they hide. */
  private static final int LEAST_ROWS = 8;

  /** The same for columns, of which a row of a tile has many. */
  private static final int LEAST_COLS = 64;

  private final TuningKey key;
  private final Machine machine;
  private final Tuning forced;
  private final int shard;

  SearchSpace(TuningKey key, Machine machine, Tuning forced) {
    this.key = key;
    this.machine = machine;
    this.forced = forced;
    shard = new RowPartition(key.m(), key.ranks()).rowsPerShard();
  }

  /** All candidates, the sequential one first. */
  List<Tuning> candidates() {
    Set<Tuning> all = new LinkedHashSet<>();
    all.add(forced.withStrategy(Strategy.SEQUENTIAL));
    for (int chunks : counts(gathers() ? shard / LEAST_ROWS : key.n() / LEAST_COLS)) {
      all.add(forced.withStrategy(Strategy.PIPELINED).withChunks(chunks));
    }
    for (Strategy strategy : List.of(Strategy.RING, Strategy.DECOMPOSED)) {
      for (int chunks : counts(shard / LEAST_ROWS)) {
        all.add(forced.withStrategy(strategy).withChunks(chunks));
      }
    }
    addTiled(all, Strategy.SIGNALED);
    if (machine.peerAccess()) {
      addTiled(all, Strategy.FUSED);
    }
    return new ArrayList<>(all);
  }

  private void addTiled(Set<Tuning> all, Strategy strategy) {
    for (int height : heights()) {
      for (int chunks : counts(most(strategy, height))) {
        for (int reserved : reserved(strategy)) {
          all.add(new Tuning(strategy, chunks, height, forced.tileCols(), reserved));
        }
      }
    }
  }

  /** More chunks or groups than that are cut down to it. */
  private int most(Strategy strategy, int height) {
    if (gathers()) {
      return shard / LEAST_ROWS;
    }
    Tiling tiling = tiling(height);
    return strategy == Strategy.FUSED
        ? tiling.tileRowsPerShard()
        : tiling.tileRowsPerShard() * tiling.tileColCount();
  }

  private boolean gathers() {
    return key.operator().equals("ag-gemm");
  }

  private Tiling tiling(int height) {
    RowPartition shards = new RowPartition(key.m(), key.ranks());
    return gathers()
        ? machine
            .tiles()
            .of(shards, new RowPartition(key.n(), key.ranks()).rowsPerShard(), key.k(), height)
        : machine.tiles().of(shards, key.n(), key.k(), height);
  }

  private int[] counts(int most) {
    if (forced.chunks() > 0) {
      return new int[] {forced.chunks()};
    }
    TreeSet<Integer> counts = new TreeSet<>();
    for (int count : CHUNKS) {
      counts.add(Math.min(count, Math.max(1, most)));
    }
    return counts.stream().mapToInt(Integer::intValue).toArray();
  }

  private int[] heights() {
    if (forced.tileRows() > 0) {
      return new int[] {forced.tileRows()};
    }
    TreeSet<Integer> heights = new TreeSet<>();
    heights.add(tiling(0).tileRows());
    for (int height : HEIGHTS) {
      if (height <= shard) {
        heights.add(tiling(height).tileRows());
      }
    }
    return heights.stream().mapToInt(Integer::intValue).toArray();
  }

  private int[] reserved(Strategy strategy) {
    boolean matters =
        machine.hasWaves()
            && (strategy == Strategy.SIGNALED || (!gathers() && machine.peerAccess()));
    return forced.reservedUnits() >= 0 || !matters ? new int[] {forced.reservedUnits()} : RESERVED;
  }
}
