package dev.counterpoint.core.tuner;

/**
 * The tiles of one GEMM, as its units take them: each takes the next tile of the order when it has
 * done its last one, and holds it until its rows are there.
 */
final class TileRun {
  private final double tile;
  private final double slowTile;
  private final double slowUntil;
  private final double[] free;
  private int next;
  private double end;

  /**
   * Begins a run.
   *
   * @param start when all units are free
   * @param units how many
   * @param tile microseconds of each tile
   * @param slowTile the same of a tile that begins before {@code slowUntil}
   */
  TileRun(double start, int units, double tile, double slowTile, double slowUntil) {
    this.tile = tile;
    this.slowTile = slowTile;
    this.slowUntil = slowUntil;
    free = new double[Math.max(1, units)];
    java.util.Arrays.fill(free, start);
    end = start;
  }

  /** So many tiles whose rows are there at {@code ready}; when the last of them has ended. */
  double compute(int tiles, double ready) {
    double last = end;
    for (int i = 0; i < tiles; i++) {
      double begin = Math.max(free[next], ready);
      double finish = begin + (begin < slowUntil ? slowTile : tile);
      free[next] = finish;
      last = finish;
      end = Math.max(end, finish);
      next = next + 1 == free.length ? 0 : next + 1;
    }
    return last;
  }

  /** When all tiles so far have ended. */
  double end() {
    return end;
  }
}
