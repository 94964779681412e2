package dev.counterpoint.core.tuner;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Times of unsplit GEMMs: a table, and between its points a law of which the table says how far it
 * is off. Where a device is filled wave by wave the law counts waves: between two points of a grid
 * there may be steps that no interpolation knows. Remembers what it was asked.
 */
final class GemmTimes {
  /** A law that times nearly follow. */
  interface Law {
    double micros(int rows, int cols, int k);
  }

  private record Sizes(int rows, int cols, int k) {}

  private final GemmTable table;
  private final @Nullable Law law;

  /** By point of the grid, as the table's times: the logarithm of its time over the law's. */
  private final double[] off;

  private final Map<Sizes, Double> known = new HashMap<>();

  GemmTimes(GemmTable table, @Nullable Law law) {
    this.table = table;
    this.law = law;
    off = law == null ? new double[0] : off(table, law);
  }

  private static double[] off(GemmTable table, Law law) {
    double[] off = new double[table.micros().size()];
    int inners = table.inner().size();
    int cols = table.cols().size();
    for (int point = 0; point < off.length; point++) {
      double lawful =
          law.micros(
              table.rows().get(point / inners / cols),
              table.cols().get(point / inners % cols),
              table.inner().get(point % inners));
      off[point] = Math.log(table.micros().get(point) / lawful);
    }
    return off;
  }

  double micros(int rows, int cols, int k) {
    if (rows <= 0 || cols <= 0 || k <= 0) {
      return 0;
    }
    Sizes sizes = new Sizes(rows, cols, k);
    Double before = known.get(sizes);
    if (before == null) {
      before =
          law == null
              ? table.micros(rows, cols, k)
              : law.micros(rows, cols, k) * overLaw(rows, cols, k);
      known.put(sizes, before);
    }
    return before;
  }

  /** The table's time over the law's, between the table's points; 1 where there is no law. */
  double overLaw(int rows, int cols, int k) {
    if (law == null || rows <= 0 || cols <= 0 || k <= 0) {
      return 1;
    }
    GemmTable.Position i = GemmTable.Position.of(table.rows(), rows);
    GemmTable.Position j = GemmTable.Position.of(table.cols(), cols);
    GemmTable.Position l = GemmTable.Position.of(table.inner(), k);
    double log = 0;
    for (int corner = 0; corner < 8; corner++) {
      boolean m = (corner & 4) != 0;
      boolean n = (corner & 2) != 0;
      boolean inner = (corner & 1) != 0;
      double weight = i.weight(m) * j.weight(n) * l.weight(inner);
      if (weight > 0) {
        int point =
            (i.index(m) * table.cols().size() + j.index(n)) * table.inner().size() + l.index(inner);
        log += weight * off[point];
      }
    }
    return Math.exp(log);
  }
}
