package dev.counterpoint.core.tuner;

import dev.counterpoint.spi.Tiling;
import java.util.List;

/**
 * What the tile GEMM's tiles take: one unit's time for a tile is a beginning and an end that do not
 * depend on K, and so much for each of K. Sampled by GEMMs of one and of several whole waves.
 *
 * @param launch microseconds of a GEMM besides its waves
 * @param tiles by size; empty where tiles are not computed wave by wave and none was sampled
 * @param perByte microseconds of a device for each byte that its tiles store at other owners, when
 *     nothing else takes time
 * @param exposed how much of what it would cost if units held their tiles until they are stored,
 *     beyond what it would cost if computing and storing hid each other, is true: from 0 to 1
 */
public record TileTimes(double launch, List<Tile> tiles, double perByte, double exposed) {
  /** Nothing is known of tiles. */
  static final TileTimes NONE = new TileTimes(0, List.of(), 0, 0);

  /**
   * One size.
   *
   * @param fixed microseconds, whatever K
   * @param perK microseconds for each of K
   */
  public record Tile(int rows, int cols, double fixed, double perK) {
    double micros(int k) {
      return fixed + perK * k;
    }

    private double distance(int otherRows, int otherCols) {
      return Math.abs(Math.log((double) rows / otherRows))
          + Math.abs(Math.log((double) cols / otherCols));
    }
  }

  /** Copies the list. */
  public TileTimes {
    tiles = List.copyOf(tiles);
  }

  /** Of one tile: as sampled, or of the nearest size by its area; 1 where none was sampled. */
  double micros(Tiling tiling, int k) {
    Tile nearest = null;
    for (Tile tile : tiles) {
      if (nearest == null
          || tile.distance(tiling.tileRows(), tiling.tileCols())
              < nearest.distance(tiling.tileRows(), tiling.tileCols())) {
        nearest = tile;
      }
    }
    if (nearest == null) {
      return (double) tiling.tileRows() * tiling.tileCols() * Math.max(1, k);
    }
    double area = (double) tiling.tileRows() * tiling.tileCols();
    return nearest.micros(k) * area / ((double) nearest.rows() * nearest.cols());
  }
}
