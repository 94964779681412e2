package dev.counterpoint.core.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.spi.RowPartition;
import java.util.BitSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class OwnedBlocksProperties {
  @Property
  void everyRowIsSummedOnce(
      @ForAll @IntRange(max = 700) int rows,
      @ForAll @IntRange(min = 1, max = 9) int ranks,
      @ForAll @IntRange(min = 1, max = 9) int wanted,
      @ForAll boolean striped) {
    OwnedBlocks blocks = blocks(rows, ranks, wanted, striped);
    BitSet seen = new BitSet();
    for (int owner = 0; owner < ranks; owner++) {
      for (int block = 0; block < blocks.count(); block++) {
        int first = blocks.firstRow(owner, block);
        int end = first + blocks.rows(owner, block);
        assertThat(end).isBetween(first, rows);
        assertThat(seen.get(first, end).isEmpty()).isTrue();
        assertThat(blocks.cut().start(block) + blocks.rows(owner, block))
            .as("within the owner's slot")
            .isLessThanOrEqualTo(blocks.slotRows());
        seen.set(first, end);
      }
    }
    assertThat(seen.cardinality()).isEqualTo(rows);
  }

  @Property
  void stripesFollowEachOther(
      @ForAll @IntRange(max = 700) int rows,
      @ForAll @IntRange(min = 1, max = 9) int ranks,
      @ForAll @IntRange(min = 1, max = 9) int wanted) {
    OwnedBlocks blocks = blocks(rows, ranks, wanted, true);
    int next = 0;
    for (int stripe = 0; stripe < blocks.count(); stripe++) {
      assertThat(blocks.firstRow(0, stripe)).isEqualTo(next);
      for (int owner = 0; owner < ranks; owner++) {
        assertThat(blocks.firstRow(owner, stripe)).isEqualTo(next);
        next += blocks.rows(owner, stripe);
      }
      assertThat(next - blocks.firstRow(0, stripe)).isEqualTo(blocks.stripeRows(stripe));
    }
    assertThat(next).isEqualTo(rows);
  }

  /** As a routed GEMM has them: whole units, of which the last may be short. */
  @Property
  void stripesOfUnitsCoverEveryRowOnce(
      @ForAll @IntRange(max = 700) int rows,
      @ForAll @IntRange(min = 1, max = 9) int ranks,
      @ForAll @IntRange(min = 1, max = 9) int wanted,
      @ForAll @IntRange(min = 1, max = 40) int unit) {
    RowPartition shards = new RowPartition(rows, ranks);
    int units = Math.max(1, (rows + unit * ranks - 1) / (unit * ranks));
    RowBlocks cut = RowBlocks.ofUnits(units, unit, RowBlocks.stripeSizes(wanted));
    OwnedBlocks blocks = new OwnedBlocks(shards, cut, units * unit, true);
    int next = 0;
    for (int stripe = 0; stripe < blocks.count(); stripe++) {
      assertThat(blocks.stripeRows(stripe))
          .isLessThanOrEqualTo(cut.rows(units * unit, stripe) * ranks);
      for (int owner = 0; owner < ranks; owner++) {
        assertThat(blocks.firstRow(owner, stripe)).isEqualTo(next);
        assertThat(next % unit == 0 || next == rows).as("whole units").isTrue();
        next += blocks.rows(owner, stripe);
      }
    }
    assertThat(next).isEqualTo(rows);
  }

  private static OwnedBlocks blocks(int rows, int ranks, int wanted, boolean striped) {
    RowPartition shards = new RowPartition(rows, ranks);
    int longest = shards.rowsPerShard();
    RowBlocks cut =
        striped
            ? RowBlocks.striped(longest, wanted, ranks, false)
            : RowBlocks.tapered(longest, wanted);
    return new OwnedBlocks(shards, cut, longest, striped);
  }
}
