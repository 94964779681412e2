package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;

/**
 * Which tiles of a GEMM are multiplied together. For each multiplication OpenBLAS brings all of B
 * that it reads into an order of its own, which costs as much as a hundred rows of a product. Tiles
 * that follow one another in the order, lie one below the other and span all columns are therefore
 * one multiplication, as far as nobody can be kept waiting by it: all of them wait for the same
 * words, and are counted by the same word, if any. What comes after the multiplication, to be
 * stored, sent and counted, remains each tile's own.
 */
final class TileRuns {
  /** More rows hardly make a multiplication faster; and a fault is looked for between them. */
  private static final int MOST_ROWS = 576;

  /** Nor is more scratch memory wanted than for so many elements. */
  private static final long MOST_ELEMENTS = 1L << 22;

  /**
   * Whole blocks of OpenBLAS's kernels, which take 4, 12, 16 or 24 rows at a time and what is left
   * over in another way: then a row is computed alike whatever lies above and below its tile.
   */
  static final int ALIGNED_ROWS = 48;

  /** OpenBLAS may have other kernels for products of few rows. */
  private static final int LEAST_ROWS = 16;

  /** So it has for products of up to a million multiplications. */
  private static final long LARGE = 1L << 20;

  private final GemmSpec spec;
  private final Tiling tiling;
  private final int[] order;
  private final boolean apart;

  private TileRuns(GemmSpec spec, Tiling tiling, int[] order, boolean contiguous) {
    this.spec = spec;
    this.tiling = tiling;
    this.order = order;
    apart =
        spec.engine() == GemmEngine.VENDOR
            || !contiguous
            || tiling.tileColCount() != 1
            || tiling.tileRows() % ALIGNED_ROWS != 0;
  }

  /**
   * The runs in order: the position in the order at which each begins, and the number of tiles.
   *
   * @param contiguous whether the rows of A that lie below one another are read so
   * @param workers threads that want something to do, each
   */
  static int[] starts(GemmSpec spec, Tiling tiling, int[] order, boolean contiguous, int workers) {
    return new TileRuns(spec, tiling, order, contiguous).starts(workers);
  }

  private int[] starts(int workers) {
    int[] starts = new int[order.length + 1];
    int runs = 0;
    for (int begin = 0; begin < order.length; ) {
      int end = begin + 1;
      while (end < order.length && goTogether(order[end - 1], order[end])) {
        end++;
      }
      int most = Math.min(mostTiles(), (end - begin + workers - 1) / workers);
      for (; begin < end; begin = Math.min(end, begin + most)) {
        starts[runs++] = begin;
      }
    }
    starts[runs] = order.length;
    return Arrays.copyOf(starts, runs + 1);
  }

  private int mostTiles() {
    long rows = Math.min(MOST_ROWS, MOST_ELEMENTS / Math.max(1, tiling.cols()));
    return (int) Math.max(1, rows / tiling.tileRows());
  }

  private boolean goTogether(int tile, int below) {
    return !apart
        && isLarge(tile)
        && isLarge(below)
        && tiling.rows(tile) == tiling.tileRows()
        && tiling.row(below) == tiling.row(tile) + tiling.rows(tile)
        && waitAlike(tiling.tileRow(tile), tiling.tileRow(below))
        && areCountedAlike(tile, below)
        && arePackedAlike(tile, below);
  }

  private boolean isLarge(int tile) {
    int rows = tiling.rows(tile);
    return rows >= LEAST_ROWS && (long) rows * tiling.cols() * spec.k() > LARGE;
  }

  private boolean waitAlike(int row, int below) {
    if (!(spec.gate() instanceof TileGate.Words gate)) {
      return true;
    }
    int count = gate.wordCount()[row];
    return count == gate.wordCount()[below]
        && (count == 0 || gate.firstWord()[row] == gate.firstWord()[below]);
  }

  private boolean areCountedAlike(int tile, int below) {
    return !(spec.post() instanceof TilePost.Counters post)
        || post.words()[tile] == post.words()[below];
  }

  private boolean arePackedAlike(int tile, int below) {
    return !(spec.route() instanceof TileRoute.Packed packed)
        || packed.slots()[below] == packed.slots()[tile] + 1;
  }
}
