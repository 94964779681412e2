package dev.counterpoint.core.fake;

import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.List;

/**
 * How fast a {@link SimulatedMachine} is. Times are microseconds, rates are per microsecond.
 *
 * @param units compute units of a device
 * @param products multiply-adds of one unit, with the best tile
 * @param launch from one kernel of a stream to the next
 * @param command of everything else that a stream does
 * @param signal until a raised word is seen
 * @param engine what a copy takes besides its bytes
 * @param link bytes that leave, or reach, one device
 * @param memory bytes that kernels of one device read and write
 * @param library what a collective takes before its first byte, for each of its steps
 * @param libraryShare of the link that collectives reach
 * @param libraryUnits that a collective wants for itself
 * @param slowedByPushes how much longer products take while something is copied from or to a device
 * @param slowedByMemory the same while a kernel reads and writes memory beside them
 * @param slowedByLibrary the same while a collective has to share units with them
 * @param librarySlowed how much longer a collective takes then
 */
public record Speeds(
    int units,
    double products,
    double launch,
    double command,
    double signal,
    double engine,
    double link,
    double memory,
    double library,
    double libraryShare,
    int libraryUnits,
    double slowedByPushes,
    double slowedByMemory,
    double slowedByLibrary,
    double librarySlowed) {
  private record Shape(int rows, int cols, double rate) {}

  private static final List<Shape> SHAPES =
      List.of(
          new Shape(128, 256, 1.0),
          new Shape(128, 128, 0.92),
          new Shape(64, 256, 0.76),
          new Shape(64, 128, 0.7));

  /** Of K: what the beginning and the end of a tile cost. */
  private static final int EXPOSED = 96;

  /** A device much like a large GPU, in a host of several: products are long, links fast. */
  public static Speeds large() {
    return new Speeds(66, 5.4e6, 3, 0.7, 1.5, 6, 3.6e5, 3.5e6, 6, 0.75, 16, 0.02, 0.15, 0.15, 0.6);
  }

  /** A device of few units behind a slow link, as on a PCIe bus. */
  public static Speeds small() {
    return new Speeds(28, 1.2e6, 4, 1, 2.5, 9, 2.2e4, 7e5, 14, 0.8, 4, 0.05, 0.25, 0.3, 0.8);
  }

  /** The tile that the device itself takes, or the nearest to the one asked for. */
  Tiling tiling(RowPartition partition, int cols, int k, int tileRows, int tileCols) {
    Shape best = SHAPES.get(0);
    double least = Double.POSITIVE_INFINITY;
    for (Shape shape : SHAPES) {
      Tiling tiling = new Tiling(partition, cols, shape.rows(), shape.cols());
      double cost =
          tileRows == 0 && tileCols == 0
              ? waves(tiling, units) * tile(shape.rows(), shape.cols(), k)
              : distance(tileRows, shape.rows()) + distance(tileCols, shape.cols());
      if (cost < least) {
        least = cost;
        best = shape;
      }
    }
    return new Tiling(partition, cols, best.rows(), best.cols());
  }

  private static double distance(int wanted, int offered) {
    return wanted == 0 ? 0 : Math.abs(Math.log((double) wanted / offered));
  }

  static int waves(Tiling tiling, int units) {
    return (tiling.tiles() + units - 1) / units;
  }

  /** One tile on one unit. */
  double tile(int rows, int cols, int k) {
    double rate =
        SHAPES.stream()
            .filter(shape -> shape.rows() == rows && shape.cols() == cols)
            .mapToDouble(Shape::rate)
            .findFirst()
            .orElse(0.5);
    return (double) rows * cols * (k + EXPOSED) / (products * rate);
  }

  /** The vendor's product: its best tile, a little faster than ours. */
  double vendor(int rows, int cols, int k) {
    double least = Double.POSITIVE_INFINITY;
    for (Shape shape : SHAPES) {
      Tiling tiling = new Tiling(RowPartition.whole(rows), cols, shape.rows(), shape.cols());
      least = Math.min(least, waves(tiling, units) * tile(shape.rows(), shape.cols(), k));
    }
    return 0.97 * least;
  }
}
