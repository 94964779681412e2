package dev.counterpoint.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.InvalidArgumentException;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class RowPartitionProperties {
  @Property
  void shardsFollowEachOtherAndCoverAllRows(
      @ForAll @IntRange(max = 100_000) int rows, @ForAll @IntRange(min = 1, max = 300) int shards) {
    RowPartition partition = new RowPartition(rows, shards);
    int next = 0;
    for (int shard = 0; shard < shards; shard++) {
      assertThat(partition.start(shard)).isEqualTo(next);
      assertThat(partition.rows(shard)).isNotNegative();
      next += partition.rows(shard);
    }
    assertThat(next).isEqualTo(rows);
    assertThat(partition.start(shards)).isEqualTo(rows);
  }

  @Property
  void everyShardIsFullButTrailingOnes(
      @ForAll @IntRange(max = 1000) int rows, @ForAll @IntRange(min = 1, max = 70) int shards) {
    RowPartition partition = new RowPartition(rows, shards);
    int full = (int) Math.ceil((double) rows / shards);
    assertThat(partition.rowsPerShard()).isEqualTo(full);
    boolean trailing = false;
    for (int shard = 0; shard < shards; shard++) {
      if (trailing) {
        assertThat(partition.rows(shard)).isZero();
      }
      trailing |= partition.rows(shard) < full;
    }
    boolean even = true;
    for (int shard = 0; shard < shards; shard++) {
      even &= partition.rows(shard) == full;
    }
    assertThat(partition.isEven()).isEqualTo(even);
  }

  @Property
  void shardsMayHaveAHeight(
      @ForAll @IntRange(max = 100_000) int rows,
      @ForAll @IntRange(min = 1, max = 3000) int height) {
    RowPartition partition = RowPartition.ofHeight(rows, height);
    assertThat(partition.rowsPerShard()).isEqualTo(height);
    for (int shard = 0; shard + 1 < partition.shards(); shard++) {
      assertThat(partition.rows(shard)).isEqualTo(height);
    }
    int last = partition.shards() - 1;
    assertThat(partition.start(last) + partition.rows(last)).isEqualTo(rows);
    assertThat(partition.rows(last)).isBetween(Math.min(1, rows), height);
    assertThat(partition.isEven()).isEqualTo(rows > 0 && rows % height == 0);
  }

  @Example
  void theLargestSizesDoNotOverflow() {
    RowPartition partition = new RowPartition(Integer.MAX_VALUE, 1000);
    assertThat(partition.rowsPerShard()).isEqualTo(2147484);
    assertThat(partition.start(1000)).isEqualTo(Integer.MAX_VALUE);
    assertThat(partition.start(999)).isEqualTo(2147484 * 999);
    assertThat(new RowPartition(Integer.MAX_VALUE, Integer.MAX_VALUE).rows(7)).isEqualTo(1);
  }

  @Example
  void wholeIsOneShard() {
    assertThat(RowPartition.whole(7)).isEqualTo(new RowPartition(7, 1));
  }

  @Example
  void refusesWhatCannotBe() {
    assertThatThrownBy(() -> new RowPartition(-1, 1))
        .isInstanceOfSatisfying(
            InvalidArgumentException.class, e -> assertThat(e.argument()).isEqualTo("rows"));
    assertThatThrownBy(() -> new RowPartition(1, 0))
        .isInstanceOfSatisfying(
            InvalidArgumentException.class, e -> assertThat(e.argument()).isEqualTo("shards"));
    assertThatThrownBy(() -> new RowPartition(9, 2, 4))
        .hasMessageContaining("rowsPerShard")
        .isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> RowPartition.ofHeight(9, 0)).hasMessageContaining("rowsPerShard");
    assertThat(RowPartition.ofHeight(Integer.MAX_VALUE, 1 << 30).rows(1)).isEqualTo((1 << 30) - 1);
  }
}
