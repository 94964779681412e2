package dev.counterpoint.core.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.strategy.OutputProgram.Kind;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * From the product through packing, collectives and reading: no element is lost or takes another's
 * place.
 */
class PackedResultProperties {
  private static final long NOTHING = -1;

  /** A product whose elements say which rank, row and column they are. */
  private static long[] packed(int source, Tiling tiling, PackedGroups map) {
    int block = tiling.tileRows() * tiling.tileCols();
    long[] packed = new long[tiling.tiles() * block];
    Arrays.fill(packed, NOTHING);
    int[] slots = map.slots();
    for (int tile = 0; tile < slots.length; tile++) {
      for (int i = 0; i < tiling.rows(tile); i++) {
        for (int j = 0; j < tiling.cols(tile); j++) {
          packed[slots[tile] * block + i * tiling.tileCols() + j] =
              element(source, tiling.row(tile) + i, tiling.col(tile) + j);
        }
      }
    }
    return packed;
  }

  private static long element(int source, int row, int col) {
    return (source * 1000L + row) * 1000 + col;
  }

  /** What the collectives of all groups leave at a rank; a sum is that of the source alone. */
  private static long[] received(Kind kind, Tiling tiling, PackedGroups map, int rank, int ranks) {
    int block = tiling.tileRows() * tiling.tileCols();
    if (kind == Kind.ALL_REDUCE) {
      return packed(0, tiling, map);
    }
    long[] received = new long[tiling.tiles() * block / (kind == Kind.REDUCE_SCATTER ? ranks : 1)];
    for (int group = 0; group < map.groups(); group++) {
      int count = map.tilesOfShard(group) * block;
      int first = (int) map.firstSlot(group) * block;
      for (int source = 0; source < (kind == Kind.REDUCE_SCATTER ? 1 : ranks); source++) {
        int to = kind == Kind.REDUCE_SCATTER ? map.start(group) * block : first + source * count;
        System.arraycopy(packed(source, tiling, map), first + rank * count, received, to, count);
      }
    }
    return received;
  }

  @Property(tries = 300)
  void everyElementIsReadWhereItBelongs(
      @ForAll Kind kind,
      @ForAll @IntRange(max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 20) int cols,
      @ForAll @IntRange(min = 1, max = 6) int ranks,
      @ForAll @IntRange(min = 1, max = 9) int tileRows,
      @ForAll @IntRange(min = 1, max = 9) int tileCols,
      @ForAll @IntRange(min = 1, max = 8) int groups) {
    RowPartition shards = new RowPartition(rows, ranks);
    Tiling tiling =
        new Tiling(
            kind == Kind.ALL_REDUCE ? RowPartition.whole(rows) : shards, cols, tileRows, tileCols);
    PackedGroups map = PackedGroups.of(tiling, groups);
    for (int rank = 0; rank < ranks; rank++) {
      long[] received = received(kind, tiling, map, rank, ranks);
      NormSpec.Packing result = PackedResult.of(kind, tiling, map, shards, rank);
      Tiling read = result.tiling();
      int own = shards.rows(rank);
      for (int tile = 0; tile < read.tiles(); tile++) {
        for (int i = 0; i < read.rows(tile); i++) {
          for (int j = 0; j < read.cols(tile); j++) {
            int row = read.row(tile) + i;
            int col = read.col(tile) + j;
            int at = (result.slots()[tile] * tileRows + i) * tileCols + j;
            long wanted =
                switch (kind) {
                  case REDUCE_SCATTER -> element(0, shards.start(rank) + row, col);
                  case ALL_REDUCE -> element(0, row, col);
                  case ALL_TO_ALL -> element(row / own, shards.start(rank) + row % own, col);
                };
            assertThat(received[at])
                .as("rank %s, row %s, column %s", rank, row, col)
                .isEqualTo(wanted);
          }
        }
      }
    }
  }
}
