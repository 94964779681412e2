package dev.counterpoint.backend.cuda.internal;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tile configurations that the kernels have, and the choice among them.
 *
 * <p>The choice compares estimated times: how many rounds of tiles the device needs, times what a
 * round costs. Large tiles use the tensor cores better, since they load less for each product;
 * small ones leave less of a tile, or of the last round, unused.
 */
final class TileTable {
  /**
   * A shape that every type and layout has.
   *
   * @param byRegisters how many fit one multiprocessor, as far as registers go
   * @param rate products per time of a full multiprocessor, relative to the largest tile's
   */
  record Shape(int rows, int cols, int stages, int byRegisters, double rate) {
    int sharedBytes() {
      return stages * (rows + cols) * TileConfig.STAGE_BYTES;
    }
  }

  private static final List<Shape> SHAPES =
      List.of(
          new Shape(128, 256, 3, 1, 1.00),
          new Shape(128, 128, 3, 2, 0.94),
          new Shape(64, 128, 3, 3, 0.80),
          new Shape(32, 128, 4, 4, 0.50),
          new Shape(16, 128, 4, 4, 0.34));

  /** Shared memory that the system takes of each block. */
  private static final int SYSTEM_SHARED_BYTES = 1 << 10;

  /** Splitting pays when a split still has this many stages of K. */
  private static final int LEAST_STAGES_PER_SPLIT = 8;

  private static final int MOST_SPLITS = 16;

  private final int units;
  private final int sharedBytes;
  private final List<Shape> fitting;
  private final GpuOptions.@Nullable Tile wanted;
  private final int wantedSplits;

  /**
   * The table for one device.
   *
   * @param architecture such as {@code sm_90}
   * @param units multiprocessors
   * @param wanted what the user asked for, or null
   * @param wantedSplits what the user asked for, or 0
   */
  TileTable(String architecture, int units, GpuOptions.@Nullable Tile wanted, int wantedSplits) {
    this.units = units;
    this.sharedBytes = sharedBytes(KernelStore.number(architecture));
    this.fitting = SHAPES.stream().filter(shape -> perUnit(shape) > 0).toList();
    this.wanted = wanted;
    this.wantedSplits = wantedSplits;
  }

  /** Everything that the kernels have. */
  static List<Shape> shapes() {
    return SHAPES;
  }

  /** Shared memory of one multiprocessor. */
  private static int sharedBytes(int architecture) {
    return switch (architecture) {
      case 80, 87 -> 164 << 10;
      case 86, 88, 89, 120, 121 -> 100 << 10;
      default -> 228 << 10;
    };
  }

  private int perUnit(Shape shape) {
    return Math.min(shape.byRegisters(), sharedBytes / (shape.sharedBytes() + SYSTEM_SHARED_BYTES));
  }

  /** The tiles for a problem; sizes that are not 0 are rounded to a shape that there is. */
  Tiling tiling(RowPartition partition, int cols, int k, DType input, int tileRows, int tileCols) {
    boolean free = tileRows == 0 && tileCols == 0;
    GpuOptions.Tile user = wanted;
    Shape shape;
    if (!free) {
      shape = nearest(tileRows, tileCols);
    } else if (user != null) {
      shape = nearest(user.rows(), user.cols());
    } else {
      shape = best(partition, cols, k, input);
    }
    return new Tiling(partition, cols, shape.rows(), shape.cols());
  }

  private Shape best(RowPartition partition, int cols, int k, DType input) {
    Shape best = fitting.get(0);
    double bestTime = Double.POSITIVE_INFINITY;
    for (Shape shape : fitting) {
      double time = time(shape, new Tiling(partition, cols, shape.rows(), shape.cols()), k, input);
      if (time < bestTime) {
        bestTime = time;
        best = shape;
      }
    }
    return best;
  }

  /** Estimated time in arbitrary units. */
  private double time(Shape shape, Tiling tiling, int k, DType input) {
    long tiles = fullTiles(tiling);
    long places = (long) units * perUnit(shape);
    int splits = splits(tiling, k, input);
    double work = (double) shape.rows() * shape.cols() * Math.max(1, k) / splits;
    double oneTile = work * perUnit(shape) / shape.rate();
    // A unit whose places are not all taken runs each of its tiles faster.
    long rounds = tiles * splits / places;
    long rest = tiles * splits % places;
    double lastRound = Math.ceil((double) rest / units) / perUnit(shape);
    double merging = splits > 1 ? 0.05 * splits * shape.rows() * shape.cols() * 64 : 0;
    return rounds * oneTile + lastRound * oneTile + merging;
  }

  private static long fullTiles(Tiling tiling) {
    RowPartition partition = tiling.partition();
    long rows = 0;
    for (int shard = 0; shard < partition.shards(); shard++) {
      rows += (partition.rows(shard) + tiling.tileRows() - 1) / tiling.tileRows();
    }
    return rows * tiling.tileColCount();
  }

  private Shape nearest(int rows, int cols) {
    Shape best = fitting.get(0);
    double bestDistance = Double.POSITIVE_INFINITY;
    for (Shape shape : fitting) {
      double distance = distance(rows, shape.rows()) + distance(cols, shape.cols());
      if (distance < bestDistance) {
        bestDistance = distance;
        best = shape;
      }
    }
    return best;
  }

  private static double distance(int wantedSize, int size) {
    return wantedSize == 0 ? 0 : Math.abs(Math.log((double) wantedSize / size));
  }

  /** The configuration of a tiling, or null if no kernel has such tiles. */
  @Nullable TileConfig config(DType input, WeightLayout layout, Tiling tiling) {
    for (Shape shape : fitting) {
      if (shape.rows() == tiling.tileRows() && shape.cols() == tiling.tileCols()) {
        return new TileConfig(input, layout, shape.rows(), shape.cols(), shape.stages());
      }
    }
    return null;
  }

  /**
   * Into how many pieces K is split so that few tiles use the whole device. It depends on nothing
   * but the tiling, K and the device: hooks must not change numbers (rule GEMM-20).
   */
  int splits(Tiling tiling, int k, DType input) {
    int stages = (int) Math.min(Integer.MAX_VALUE, ((long) k * input.bytes() + 127) / 128);
    int most = Math.max(1, Math.min(MOST_SPLITS, stages / LEAST_STAGES_PER_SPLIT));
    if (wantedSplits > 0) {
      return Math.min(wantedSplits, Math.max(1, stages));
    }
    long tiles = Math.max(1, fullTiles(tiling));
    return (int) Math.max(1, Math.min(most, units / tiles));
  }
}
