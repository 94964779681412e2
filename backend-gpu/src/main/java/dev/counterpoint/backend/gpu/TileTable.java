package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.backend.gpu.TileShapes.Shape;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tile configurations that a set of kernels has, and the choice among them.
 *
 * <p>The choice compares estimated times: how many rounds of tiles the device needs, times what a
 * round costs. Large tiles use the tensor cores better, since they load less for each product;
 * small ones leave less of a tile, or of the last round, unused.
 */
final class TileTable {
  /** Splitting pays when a split still has this much of K. */
  private static final int LEAST_BYTES_PER_SPLIT = 1 << 10;

  private static final int MOST_SPLITS = 16;

  private final int units;
  private final TileKernels kernels;
  private final TileShapes shapes;
  private final List<Shape> fitting;
  private final GpuOptions.@Nullable Tile wanted;
  private final int wantedSplits;

  /**
   * The table for one device.
   *
   * @param kernels what there is
   * @param units multiprocessors
   * @param wanted what the user asked for, or null
   * @param wantedSplits what the user asked for, or 0
   */
  TileTable(TileKernels kernels, int units, GpuOptions.@Nullable Tile wanted, int wantedSplits) {
    this.units = units;
    this.kernels = kernels;
    this.shapes = kernels.shapes();
    this.fitting = shapes.fitting();
    this.wanted = wanted;
    this.wantedSplits = wantedSplits;
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
      if (shape.rate() <= 0) {
        continue;
      }
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
    // What is dealt out at once: tiles, or one for each block of a cluster.
    long turns = turns(tiling, shape.cluster());
    int groups = Math.max(1, units / shape.cluster());
    long places = (long) groups * shapes.perUnit(shape);
    int splits = splits(tiling, k, input);
    double depth = (double) Math.max(1, k) / splits / shape.rate();
    double exposed = (double) shape.exposedBytes() / input.bytes();
    double work = (double) shape.rows() * shape.cols() * (depth + exposed);
    double oneTile = work * shapes.perUnit(shape);
    // A unit whose places are not all taken runs each of its tiles faster.
    long rounds = turns * splits / places;
    long rest = turns * splits % places;
    double lastRound = Math.ceil((double) rest / groups) / shapes.perUnit(shape);
    double merging = splits > 1 ? 0.05 * splits * shape.rows() * shape.cols() * 64 : 0;
    return rounds * oneTile + lastRound * oneTile + merging;
  }

  private static long turns(Tiling tiling, int cluster) {
    return (fullTiles(tiling) + cluster - 1) / cluster;
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
    Shape shape = shape(tiling);
    return shape == null ? null : new TileConfig(kernels, input, layout, shape);
  }

  private @Nullable Shape shape(Tiling tiling) {
    for (Shape shape : fitting) {
      if (shape.rows() == tiling.tileRows() && shape.cols() == tiling.tileCols()) {
        return shape;
      }
    }
    return null;
  }

  /** The set of kernels. */
  TileKernels kernels() {
    return kernels;
  }

  /**
   * Into how many pieces K is split so that few tiles use the whole device. It depends on nothing
   * but the tiling, K and the device: hooks must not change numbers (rule GEMM-20).
   */
  int splits(Tiling tiling, int k, DType input) {
    int stageBytes = shapes.stageBytes();
    long stages = ((long) k * input.bytes() + stageBytes - 1) / stageBytes;
    long most = Math.max(1, Math.min(MOST_SPLITS, stages * stageBytes / LEAST_BYTES_PER_SPLIT));
    if (wantedSplits > 0) {
      return (int) Math.min(wantedSplits, Math.max(1, stages));
    }
    Shape shape = shape(tiling);
    int cluster = shape == null ? 1 : shape.cluster();
    long turns = Math.max(1, turns(tiling, cluster));
    return (int) Math.max(1, Math.min(most, units / cluster / turns));
  }
}
