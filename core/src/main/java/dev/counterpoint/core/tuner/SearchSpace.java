package dev.counterpoint.core.tuner;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.core.strategy.OutputPeerReduced;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.Transport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
  private static final int[] WIDTHS = {0, 128, 256};
  private static final int[] RESERVED = {2, 4, 8, 16};

  /** Tiles that are stored at their owners need no units beside them. */
  private static final int[] RESERVED_OR_NONE = {-1, 4, 16};

  private static final List<Strategy> PUSHING = List.of(Strategy.RING, Strategy.DECOMPOSED);

  /** Chunks of fewer rows cost more than they hide. */
  private static final int LEAST_ROWS = 8;

  /** The same for columns, of which a row of a tile has many. */
  private static final int LEAST_COLS = 64;

  private final TuningKey key;
  private final Machine machine;
  private final Tuning forced;
  private final boolean choosesTransport;
  private final boolean canPeerReduce;
  private final int shard;

  SearchSpace(TuningKey key, LatencyModel model, Tuning forced) {
    this.key = key;
    this.machine = model.machine();
    this.forced = forced;
    choosesTransport = forced.transport() == Transport.AUTO && model.choosesTransport();
    canPeerReduce = model.canPeerReduce(key) && OutputPeerReduced.leavesForm(forced);
    shard = new RowPartition(key.m(), key.ranks()).rowsPerShard();
  }

  /** All candidates, the sequential one first. */
  List<Tuning> candidates() {
    Set<Tuning> all = new LinkedHashSet<>();
    all.add(forced.withStrategy(Strategy.SEQUENTIAL));
    for (int chunks : counts(gathers() ? shard / LEAST_ROWS : key.n() / LEAST_COLS)) {
      all.add(forced.withStrategy(Strategy.PIPELINED).withChunks(chunks));
    }
    // Pushes that the caller wants by compute units need peers that can be addressed.
    boolean pushes = forced.transport() != Transport.COMPUTE || machine.peerAccess();
    for (Strategy strategy : pushes ? PUSHING : List.<Strategy>of()) {
      for (int chunks : counts(shard / LEAST_ROWS)) {
        addPushing(all, forced.withStrategy(strategy).withChunks(chunks));
      }
    }
    if (canPeerReduce) {
      all.add(forced.withStrategy(Strategy.FUSED));
    }
    addTiled(all, Strategy.SIGNALED);
    if (machine.peerAccess()) {
      addTiled(all, Strategy.FUSED);
    }
    return new ArrayList<>(all);
  }

  private void addTiled(Set<Tuning> all, Strategy strategy) {
    for (Tiling tiling : tilings(strategy)) {
      for (int chunks : counts(most(strategy, tiling))) {
        for (int reserved : reserved(strategy)) {
          Tuning tuning =
              forced
                  .withStrategy(strategy)
                  .withChunks(chunks)
                  .withTile(tiling.tileRows(), tiling.tileCols())
                  .withReservedUnits(reserved);
          if (strategy == Strategy.FUSED && gathers()) {
            addPushing(all, tuning);
          } else {
            all.add(tuning);
          }
        }
      }
    }
  }

  /** By copy engine, and by compute units where that is another thing. */
  private void addPushing(Set<Tuning> all, Tuning tuning) {
    all.add(tuning);
    if (choosesTransport) {
      all.add(tuning.withTransport(Transport.COMPUTE));
    }
  }

  /** Whether the signaled strategy has groups here, and nobody has said which. */
  boolean groupsAreFree() {
    return !gathers()
        && forced.chunks() == 0
        && forced.groups().isEmpty()
        && key.m() > 0
        && key.splits().isEmpty();
  }

  /** Waves of tiles that a signaled candidate's groups can be made of. */
  int waves(Tuning signaled, int most) {
    Tiling tiling = tiling(Strategy.SIGNALED, signaled.tileRows(), signaled.tileCols());
    int perShard = tiling.tileRowsPerShard() * tiling.tileColCount();
    int wave =
        machine.hasWaves()
            ? Math.max(1, machine.units() - Math.max(0, signaled.reservedUnits()))
            : 1;
    int waves = (tiling.tiles() + wave - 1) / wave;
    return Math.max(1, Math.min(most, Math.min(waves, perShard)));
  }

  /** More chunks or groups than that are cut down to it. */
  private int most(Strategy strategy, Tiling tiling) {
    if (gathers()) {
      return shard / LEAST_ROWS;
    }
    if (strategy == Strategy.SIGNALED && !key.splits().isEmpty()) {
      return 1; // a GEMM for each owner, and nothing to divide
    }
    return strategy == Strategy.FUSED
        ? tiling.tileRowsPerShard()
        : tiling.tileRowsPerShard() * tiling.tileColCount();
  }

  private boolean gathers() {
    return key.operator().equals("ag-gemm");
  }

  private Tiling tiling(Strategy strategy, int height, int width) {
    boolean whole = strategy == Strategy.SIGNALED && key.operator().equals("gemm-ar");
    RowPartition shards =
        whole ? RowPartition.whole(key.m()) : new RowPartition(key.m(), key.ranks());
    return gathers()
        ? machine
            .tiles()
            .of(
                shards,
                new RowPartition(key.n(), key.ranks()).rowsPerShard(),
                key.k(),
                height,
                width)
        : machine.tiles().of(shards, key.n(), key.k(), height, width);
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

  /** The tiles that the backend has, its own choice first; each once. */
  private List<Tiling> tilings(Strategy strategy) {
    Map<List<Integer>, Tiling> tilings = new LinkedHashMap<>();
    add(tilings, tiling(strategy, forced.tileRows(), forced.tileCols()));
    for (int height : forced.tileRows() > 0 ? new int[0] : HEIGHTS) {
      for (int width : forced.tileCols() > 0 ? new int[] {forced.tileCols()} : WIDTHS) {
        if (height <= shard) {
          add(tilings, tiling(strategy, height, width));
        }
      }
    }
    return List.copyOf(tilings.values());
  }

  private static void add(Map<List<Integer>, Tiling> tilings, Tiling tiling) {
    tilings.putIfAbsent(List.of(tiling.tileRows(), tiling.tileCols()), tiling);
  }

  private int[] reserved(Strategy strategy) {
    boolean matters =
        machine.hasWaves()
            && (strategy == Strategy.SIGNALED || (!gathers() && machine.peerAccess()));
    return forced.reservedUnits() >= 0 || !matters
        ? new int[] {forced.reservedUnits()}
        : strategy == Strategy.SIGNALED ? RESERVED : RESERVED_OR_NONE;
  }
}
