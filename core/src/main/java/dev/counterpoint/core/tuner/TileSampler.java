package dev.counterpoint.core.tuner;

import dev.counterpoint.core.strategy.WideDevices;
import dev.counterpoint.core.tuner.TileTimes.Tile;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Samples what single tiles take, from GEMMs of whole waves: the difference between four waves and
 * one is three times what a tile takes, and the difference between two K is what K costs.
 */
final class TileSampler {
  private static final int[] HEIGHTS = {64, 128, 256};
  private static final int[] WIDTHS = {0, 128, 256};
  private static final int FEW_WAVES = 1;
  private static final int MANY_WAVES = 4;
  private static final int LEAST_K = 64;

  private final GemmSampler gemms;
  private final Machine machine;
  private final TuningProgress progress;

  TileSampler(GemmSampler gemms, TuningProgress progress) {
    this.gemms = gemms;
    this.progress = progress;
    machine = gemms.machine();
  }

  /**
   * All tiles that the backend has.
   *
   * @param target memory at all ranks that tiles can be stored in; null where none can
   */
  TileTimes sample(@Nullable SymmetricBuffer target) {
    List<Tiling> tilings = tilings();
    progress.begin("sampling tiles", tilings.size() + 1L);
    List<Tile> tiles = new ArrayList<>();
    List<Double> launches = new ArrayList<>();
    for (Tiling tiling : tilings) {
      tiles.add(machine.hasWaves() ? byWaves(tiling, launches) : byWork(tiling));
      progress.step(tiling.tileRows() + "×" + tiling.tileCols());
    }
    launches.sort(null);
    double launch = launches.isEmpty() ? 0 : launches.get(launches.size() / 2);
    double[] stores = target == null ? new double[2] : stores(target);
    progress.step("at their owners");
    return new TileTimes(launch, tiles, stores[0], stores[1]);
  }

  private List<Tiling> tilings() {
    int size = gemms.reference();
    RowPartition rows = RowPartition.whole(size);
    Map<List<Integer>, Tiling> all = new LinkedHashMap<>();
    Tiling own = machine.natural(size, size, size);
    all.put(List.of(own.tileRows(), own.tileCols()), own);
    for (int height : HEIGHTS) {
      for (int width : WIDTHS) {
        Tiling tiling = machine.tiles().of(rows, size, size, height, width);
        all.putIfAbsent(List.of(tiling.tileRows(), tiling.tileCols()), tiling);
      }
    }
    return List.copyOf(all.values());
  }

  private int shortK() {
    return gemms.reference() / 8;
  }

  private int longK() {
    return gemms.reference() / 2;
  }

  private Tile byWaves(Tiling shape, List<Double> launches) {
    double few = micros(shape, FEW_WAVES, shortK());
    double fewLong = micros(shape, FEW_WAVES, longK());
    double apart = MANY_WAVES - FEW_WAVES;
    double shortTile = Math.max(1e-3, (micros(shape, MANY_WAVES, shortK()) - few) / apart);
    double longTile = Math.max(shortTile, (micros(shape, MANY_WAVES, longK()) - fewLong) / apart);
    launches.add(Math.max(0, few - FEW_WAVES * shortTile));
    double perK = (longTile - shortTile) / (longK() - shortK());
    double fixed = Math.max(0, shortTile - perK * shortK());
    return new Tile(shape.tileRows(), shape.tileCols(), fixed, perK);
  }

  /** Of as many whole tiles as make so many waves, or a few less. */
  private double micros(Tiling shape, int waves, int k) {
    int tiles = waves * machine.units();
    int cols = Math.max(1, (int) Math.sqrt(tiles));
    cols = Math.min(cols, Math.max(1, gemms.mostCols() / shape.tileCols()));
    int rows = Math.min(tiles / cols, Math.max(1, gemms.mostRows() / shape.tileRows()));
    Tiling tiling =
        new Tiling(
            RowPartition.whole(rows * shape.tileRows()),
            cols * shape.tileCols(),
            shape.tileRows(),
            shape.tileCols());
    try (GemmSampler.Gemms all = gemms.new Gemms(GemmEngine.TILE, tiling, k, 0)) {
      return gemms.median(all);
    }
  }

  /** Where tiles are not computed wave by wave: in proportion to K. */
  private Tile byWork(Tiling shape) {
    int k = gemms.reference();
    try (GemmSampler.Gemms all = gemms.new Gemms(GemmEngine.TILE, shape, k, 0)) {
      double perTile = gemms.median(all) / Math.max(1, shape.tiles()) / k;
      return new Tile(shape.tileRows(), shape.tileCols(), 0, perTile);
    }
  }

  /**
   * What stores at owners cost: for each byte beside hardly any product, and beside as long ones.
   */
  private double[] stores(SymmetricBuffer target) {
    int ranks = machine.ranks();
    int size = gemms.reference();
    Tiling own = machine.natural(size, size, longK());
    // As many rows for each owner, and no more than the buffer holds.
    int shard = Math.max(own.tileRows(), size / ranks / own.tileRows() * own.tileRows());
    long room = target.bytes() / ((long) shard * ranks * gemms.outputBytes());
    int cols = (int) Math.min(size, room / own.tileCols() * own.tileCols());
    if (cols <= 0 || ranks == 1) {
      return new double[2];
    }
    RowPartition shards = new RowPartition(shard * ranks, ranks);
    Tiling tiling = new Tiling(shards, cols, own.tileRows(), own.tileCols());
    double bytes = (ranks - 1.0) * shard * cols * gemms.outputBytes();
    double storing = at(tiling, LEAST_K, target);
    // K at which computing takes about as long, where most can be hidden and most can be exposed.
    double shortly = at(tiling, shortK(), null);
    double perK = Math.max(1e-6, (at(tiling, longK(), null) - shortly) / (longK() - shortK()));
    int k = (int) Math.max(shortK(), Math.min(longK(), shortK() + (storing - shortly) / perK));
    double computing = at(tiling, k, null);
    double both = at(tiling, k, target);
    double perByte = storing / bytes;
    long perOwner = tiling.tiles() / ranks;
    int waves = (tiling.tiles() + machine.units() - 1) / machine.units();
    double held =
        new StoredTiles(
                List.of(new StoredTiles.Block(perOwner * (ranks - 1), perOwner)),
                WideDevices.areOf(machine.units()),
                machine.units(),
                computing / waves,
                bytes / perOwner / (ranks - 1),
                perByte)
            .run()[0];
    double hidden = Math.max(computing, storing);
    double exposed = held > hidden ? (both - hidden) / (held - hidden) : 0;
    return new double[] {perByte, Math.max(0, Math.min(1, exposed))};
  }

  private double at(Tiling tiling, int k, @Nullable SymmetricBuffer target) {
    try (GemmSampler.Gemms all =
        target == null
            ? gemms.new Gemms(GemmEngine.TILE, tiling, k, 0)
            : gemms.new Gemms(tiling, k, target)) {
      return gemms.median(all);
    }
  }
}
