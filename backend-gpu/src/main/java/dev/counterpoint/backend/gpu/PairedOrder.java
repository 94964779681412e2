package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The order of a tile GEMM whose blocks come in clusters and whose tiles wait.
 *
 * <p>The blocks of a cluster take neighbouring positions of the order and go through K in step, so
 * one that waits at a gate holds up the others, earlier tiles too. Therefore only tiles that wait
 * for the same words may share a cluster. Where the order would bring others together, positions
 * are left empty in between; the order itself stays.
 */
final class PairedOrder {
  private PairedOrder() {}

  /**
   * The tile of each position; the complement of a tile leaves the position empty, beside that
   * tile. Null where the order as it is brings only tiles together that wait for the same.
   *
   * @param cluster blocks of a cluster
   * @param rasterRows tile rows that go through the columns together
   */
  static int @Nullable [] of(GemmSpec spec, int cluster, int rasterRows) {
    if (cluster == 1 || !(spec.gate() instanceof TileGate.Words gate)) {
      return null;
    }
    Tiling tiling = spec.tiling();
    int[] tiles = tiles(spec.order(), tiling, rasterRows);
    int[] positions = new int[Math.multiplyExact(tiles.length, cluster)];
    int count = 0;
    for (int next = 0; next < tiles.length; ) {
      int first = tiles[next];
      int last = first;
      for (int place = 0; place < cluster; place++) {
        if (next < tiles.length && waitAlike(tiling, gate, first, tiles[next])) {
          last = tiles[next++];
          positions[count++] = last;
        } else {
          positions[count++] = ~last;
        }
      }
    }
    boolean padded = false;
    for (int position = 0; position < tiles.length; position++) {
      padded |= positions[position] != tiles[position];
    }
    return padded ? Arrays.copyOf(positions, count) : null;
  }

  private static boolean waitAlike(Tiling tiling, TileGate.Words gate, int one, int other) {
    int row = tiling.tileRow(one);
    int otherRow = tiling.tileRow(other);
    int count = gate.wordCount()[row];
    return count == gate.wordCount()[otherRow]
        && (count <= 0 || gate.firstWord()[row] == gate.firstWord()[otherRow]);
  }

  /** The order that the kernels make of a hook, tile by tile. */
  static int[] tiles(TileOrder order, Tiling tiling, int rasterRows) {
    if (order instanceof TileOrder.Table table) {
      return table.tiles();
    }
    int[] tiles = new int[tiling.tiles()];
    if (order instanceof TileOrder.Shards byShard) {
      int rows = tiling.tileRowsPerShard();
      int perShard = rows * tiling.tileColCount();
      for (int i = 0; i < tiles.length; i++) {
        tiles[i] =
            byShard.shards()[i / perShard] * perShard
                + raster(i % perShard, rows, tiling.tileColCount(), rasterRows);
      }
    } else {
      for (int i = 0; i < tiles.length; i++) {
        tiles[i] = raster(i, tiling.tileRowCount(), tiling.tileColCount(), rasterRows);
      }
    }
    return tiles;
  }

  /** As {@code rasterTile} of the kernels' {@code schedule/units.h}. */
  private static int raster(int position, int rows, int columns, int rasterRows) {
    int band = (int) (position / ((long) rasterRows * columns));
    int inBand = position - band * rasterRows * columns;
    int bandRows = Math.min(rasterRows, rows - band * rasterRows);
    int column = inBand / bandRows;
    return (band * rasterRows + inBand - column * bandRows) * columns + column;
  }
}
